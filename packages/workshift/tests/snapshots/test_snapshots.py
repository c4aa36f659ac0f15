"""When there is a snapshot, when there is none, and that nothing of it is left."""

import os
import signal

import pytest

from tests.reload.project import Project
from tests.web.site import SETTINGS, Server, Site
from workshift.testing.processes import RedisServer, descendants, eventually, is_alive

# What processes cannot share, by the words about it.
MISDEEDS = {
    "keeps a connection open": "import socket\n\nKEPT = socket.create_server(('127.0.0.1', 0))\n",
    "keeps a file open": "KEPT = open(__file__)\n",
    "starts a thread": "import threading\n\nWAIT = threading.Event()\n"
    "threading.Thread(target=WAIT.wait, daemon=True).start()\n",
    "makes a temporary folder": "import tempfile\n\nKEPT = tempfile.TemporaryDirectory()\n",
    "registers a function with atexit": "import atexit\n\natexit.register(print, end='')\n",
    "changes the current folder": "import os\n\nos.chdir('pages')\n",
}

LOG = """
import logging

logging.getLogger("mine").addHandler(logging.FileHandler("mine.log"))
"""

CONNECTIONS = """
from django.core.cache import cache
from django.db import connection

cache.set("one", 1)
connection.ensure_connection()
"""

SCHEDULE = """
from mysite.celery import app


@app.on_after_finalize.connect
def schedule(sender, **_):
    sender.conf.beat_schedule["late"] = {"task": "probe.tasks.record", "schedule": VERSION}


@shared_task
def schedules():
    return app.conf.beat_schedule["late"]["schedule"]
"""


LOGS = """
import logging.config

from celery.signals import import_modules


def set_up(config):
    logging.config.dictConfig(config)
    print("Logging is set up.", flush=True)


@import_modules.connect(weak=False)
def tell(**_):
    print("The tasks are imported.", flush=True)
"""


def save(site: Site, server: Server, version: int) -> str:
    """Save a view, wait until it is live, and return what its generation was forked from."""
    site.save_version(version)
    origin = server.process.next_line(r"was \w+ from the ([a-z -]+)\.").group(1)
    server.process.next_line("Reloaded in")
    assert site.get() == (200, str(version))
    return origin


def test_the_second_save_of_a_module_starts_from_the_snapshot(site: Site) -> None:
    with site.server("--verbose") as server:
        server.process.next_line("Snapshot ready: it holds")
        assert save(site, server, 1) == "set-up snapshot"
        server.process.next_line("Snapshot ready: it holds .* and leaves 2 to the generations")
        assert save(site, server, 2) == "snapshot"
        # Nothing that it holds has changed, so it stays.
        assert save(site, server, 3) == "snapshot"
        site.write("mysite/settings.py", SETTINGS + "\nOTHER = 1\n")
        assert server.process.next_line("was forked from the (.*)\\.").group(1) == "zygote"


@pytest.mark.parametrize(
    "does",
    # All are found by looking at the same place.
    [one if n < 3 else pytest.param(one, marks=pytest.mark.slow) for n, one in enumerate(MISDEEDS)],
)
def test_what_processes_cannot_share_is_said_once(site: Site, does: str) -> None:
    views = site.read("pages/views.py")
    site.write("pages/views.py", views + MISDEEDS[does])
    with site.server("--verbose") as server:
        server.process.next_line(rf"pages.views \(pages/views.py\) {does} when it is imported")
        site.save_version(1)
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "1")
        # It is looked at again when it has changed, and said again only if there is another reason.
        site.write("pages/views.py", views)
        server.process.next_line("Snapshot ready")
    assert server.process.output.count("when it is imported") == 1


@pytest.mark.parametrize("code", [LOG, CONNECTIONS], ids=["log", "connections"])
def test_log_files_and_connections_of_django_keep_nothing_from_being_shared(
    site: Site, redis_server: RedisServer, code: str
) -> None:
    site.write(
        "mysite/settings.py",
        SETTINGS
        + 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}\n'
        'CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", '
        f'"LOCATION": "{redis_server.url}"}}}}\n',
    )
    site.write("pages/views.py", site.read("pages/views.py") + code)
    with site.server("--verbose") as server:
        server.process.next_line("Snapshot ready")
        save(site, server, 1)
        server.process.next_line("Snapshot ready")
        assert save(site, server, 2) == "snapshot"


def test_a_killed_snapshot_is_done_without(site: Site) -> None:
    with site.server("--verbose") as server:
        server.process.next_line("Snapshot ready")
        save(site, server, 1)
        server.process.next_line("Snapshot ready")
        [zygote, *snapshots] = [
            pid
            for pid in sorted(descendants(server.process.pid))
            if pid not in server.generations()
        ]
        for pid in snapshots:
            os.kill(pid, signal.SIGKILL)
        server.process.next_line("No snapshot can be made")
        assert save(site, server, 2) == "zygote"
        server.process.next_line("Snapshot ready")
        assert save(site, server, 3) == "snapshot"
        assert is_alive(zygote)


def test_nothing_is_left_of_a_killed_command(site: Site) -> None:
    with site.server("--verbose") as server:
        server.process.next_line("Snapshot ready")
        save(site, server, 1)
        server.process.next_line("Snapshot ready")
        save(site, server, 2)
        processes = descendants(server.process.pid)
        os.kill(server.process.pid, signal.SIGKILL)
        eventually(lambda: not any(map(is_alive, processes)), "all processes end")


def test_without_preload_there_is_none(site: Site) -> None:
    with site.server("--verbose", "--no-preload") as server:
        assert save(site, server, 1) == "beginning"
        assert "napshot" not in server.process.output


def test_who_waits_for_all_tasks_is_told_by_the_module_that_came_last(project: Project) -> None:
    project.write("probe/tasks.py", project.read("probe/tasks.py") + SCHEDULE)
    with project.worker("--verbose") as worker:
        worker.wait_for("Snapshot ready")
        for version, origin in ((1, "set-up snapshot"), (2, "snapshot")):
            project.save_version(version)
            assert worker.wait_for(r"was forked from the ([a-z -]+)\.").group(1) == origin
            if version == 1:
                worker.wait_for("Snapshot ready")
            assert project.app.send_task("probe.tasks.schedules").get(timeout=60) == version


def test_a_worker_sets_up_logging_and_imports_its_tasks_once(project: Project) -> None:
    project.write("mysite/logs.py", LOGS)
    settings = project.read("mysite/settings.py")
    project.write("mysite/settings.py", f'{settings}\nLOGGING_CONFIG = "mysite.logs.set_up"\n')
    with project.worker() as worker:
        assert worker.output.count("Logging is set up.") == 1
        assert worker.output.count("The tasks are imported.") == 1


def test_a_long_import_is_spoken_of(site: Site) -> None:
    go = site.folder / "go"
    wait = (
        f"import os\nimport time\n\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)\n"
    )
    site.write("pages/views.py", wait + site.read("pages/views.py"))
    with site.starting() as server:
        server.process.next_line("The whole project is being imported; requests wait until it is.")
        go.touch()
        server.process.next_line("The site is ready")
        assert site.get() == (200, "0")
