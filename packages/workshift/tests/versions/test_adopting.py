"""A project that knows nothing of the library adds it: one dependency, one line, one command."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery

from tests.versions.environments import CORNERS, build_wheel, interpreter, make
from workshift.testing.processes import DEADLINE, Process, RedisServer, eventually, free_port

CELERY = """
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
app = Celery("mysite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""

TASKS = """
import time

from celery import shared_task


@shared_task
def add(x, y):
    return x + y


@shared_task
def hang(marker):
    open(marker, "w").close()
    time.sleep(600)
"""


def plain(project: Path, python: Path) -> tuple[Path, Path]:
    """Make a project as Django's and Celery's documentation do; return its code and settings."""
    django = [str(python), "-m", "django"]
    subprocess.run([*django, "startproject", "mysite", str(project)], check=True)
    subprocess.run([*django, "startapp", "polls"], cwd=project, check=True)
    (project / "mysite" / "celery.py").write_text(CELERY.format(settings="mysite.settings"))
    (project / "mysite" / "__init__.py").write_text("from .celery import app as celery_app\n")
    return project, project / "mysite" / "settings.py"


def in_src(project: Path, python: Path) -> tuple[Path, Path]:
    """Make one with its code in `src`, settings as a package and another module for the app."""
    code, settings = plain(project, python)
    source, package = project / "src", project / "src" / "config"
    (package / "settings").mkdir(parents=True)
    (project / "polls").rename(source / "polls")
    for name in ("urls.py", "wsgi.py"):
        text = (code / "mysite" / name).read_text()
        (package / name).write_text(text.replace("mysite.settings", "config.settings.local"))
    base = settings.read_text().replace('"mysite.', '"config.').replace("'mysite.", "'config.")
    (package / "settings" / "base.py").write_text(base)
    (package / "settings" / "local.py").write_text("from .base import *\n")
    (package / "settings" / "__init__.py").touch()
    (package / "celery_app.py").write_text(CELERY.format(settings="config.settings.local"))
    (package / "__init__.py").write_text("from .celery_app import app as celery_app\n")
    manage = project / "manage.py"
    found = manage.read_text().replace("mysite.settings", "config.settings.local")
    path = (
        "    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'src'))\n"
    )
    manage.write_text(found.replace("def main():\n", f"def main():\n{path}"))
    for old in (project / "mysite").glob("*.py"):
        old.unlink()
    return source, package / "settings" / "base.py"


@pytest.mark.parametrize(
    ("lay_out", "corner"),
    [(plain, "newest"), (in_src, "newest"), (plain, "oldest")],
    ids=["plain", "src", "oldest"],
)
def test_one_dependency_and_one_line_give_the_reload(
    lay_out: Callable[[Path, Path], tuple[Path, Path]],
    corner: str,
    tmp_path: Path,
    redis_server: RedisServer,
) -> None:
    try:
        interpreter(CORNERS[corner])
    except FileNotFoundError as error:
        pytest.skip(str(error))
    python = make(tmp_path / "venv", build_wheel(tmp_path), CORNERS[corner])
    project = tmp_path / "project"
    project.mkdir()
    code, settings = lay_out(project, python)
    url = redis_server.url
    tasks = code / "polls" / "tasks.py"
    tasks.write_text(TASKS)
    with settings.open("a") as file:
        file.write('\nINSTALLED_APPS += ["polls"]\n')
        file.write(f"CELERY_BROKER_URL = CELERY_RESULT_BACKEND = {url!r}\n")
        # The line that the page asks for.
        file.write('INSTALLED_APPS += ["workshift"]\n')
    client = Celery("client", broker=url, backend=url, set_as_current=False)

    def result(name: str, *arguments: Any) -> Any:
        return client.send_task(f"polls.tasks.{name}", arguments).get(timeout=DEADLINE)

    def start() -> Process:
        return Process(
            [python, "manage.py", "runworker", "--loglevel", "info"],
            folder=project,
            environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1"},
        )

    worker = start()
    try:
        worker.wait_for("Generation 1 is ready")
        [line] = re.findall(r"from workshift\.management import .*", worker.output)
        assert result("add", 2, 3) == 5

        tasks.write_text("def broken(:\n")
        worker.wait_for("waiting for the next save")
        tasks.write_text(TASKS.replace("x + y", "x * y").replace("def hang", "def wait"))
        worker.wait_for("+ polls.tasks.wait")
        assert result("add", 2, 3) == 6

        client.send_task("polls.tasks.wait", [str(tmp_path / "began")])
        eventually((tmp_path / "began").exists)
        everything = psutil.Process(worker.pid).children(recursive=True)
        assert everything
        # As a terminal does: to the whole group.
        os.killpg(worker.pid, signal.SIGINT)
        assert worker.wait() == 0
        assert "Stopped for good" in worker.output
        assert not psutil.wait_procs(everything, timeout=DEADLINE)[1]
    finally:
        worker.stop()

    assert (project / ".run" / ".gitignore").read_text() == "*\n"

    # The line that the command has named, in place of Django's.
    manage = project / "manage.py"
    django = "from django.core.management import execute_from_command_line"
    assert django in manage.read_text()
    manage.write_text(manage.read_text().replace(django, line.strip()))
    models = code / "polls" / "models.py"
    models.write_text("def broken(:\n")
    worker = start()
    try:
        worker.wait_for("waiting for the next save")
        models.write_text("")
        worker.wait_for("models.py")
        assert result("add", 2, 3) == 6
        assert "workshift.management" not in worker.output
    finally:
        worker.stop()


def test_without_the_extra_a_sentence_names_it(tmp_path: Path) -> None:
    python = make(tmp_path / "venv", build_wheel(tmp_path), CORNERS["newest"], extra="")
    project = tmp_path / "project"
    project.mkdir()
    _, settings = plain(project, python)
    with settings.open("a") as file:
        file.write('APPS = ["workshift", "workshift.durable", "workshift.mailbox"]\n')
        file.write("INSTALLED_APPS = [*APPS, *INSTALLED_APPS]\n")
        file.write("CELERY_TASK_TIME_LIMIT = 300\n")

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "manage.py", *arguments],
            cwd=project,
            env={"PATH": os.environ["PATH"]},
            check=False,
            capture_output=True,
            text=True,
        )

    assert manage("check").returncode == 0
    for command in ("runworker", "dev"):
        done = manage(command)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "workshift[dev]" in done.stderr
    server = Process(
        [python, "manage.py", "runserver", str(free_port())],
        folder=project,
        environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
    )
    try:
        server.wait_for("Django's own reloader runs")
        server.wait_for("Quit the server with CONTROL-C.")
    finally:
        server.kill()
