"""A thousand submissions, and everything goes wrong meanwhile.

The seed is printed; `SEED=123 ./scripts/test -m slow -k submissions -s` repeats a run.
"""

import http.cookiejar
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from workshift.testing import programs
from workshift.testing.postgres import Cluster
from workshift.testing.processes import DEADLINE, Process, RedisServer, eventually, free_port

from tests import ROOT
from tests.mail_server import MailServer, Mood

# Visitors who submit at the same time.
_VISITORS = 4


class Site:
    """A project in a folder of its own: web server, two reloading workers, Redis, SMTP."""

    def __init__(self, folder: Path, database_url: str, seed: int) -> None:
        """Copy the project into `folder` and migrate its database."""
        self.random = random.Random(seed)
        self.mail = MailServer()
        self.redis = RedisServer.of(programs.redis(), free_port(), folder.parent)
        # When a process that may have had SMTP's yes and not yet made its mark was stopped.
        self.stops: list[float] = []
        self.answered: list[str] = []
        for package in {app.partition(".")[0] for app in settings.INSTALLED_APPS}:
            if (ROOT / package).is_dir():
                shutil.copytree(ROOT / package, folder / package)
        shutil.copy(ROOT / "manage.py", folder)
        shutil.copy(Path(__file__).with_name("settings.py"), folder / "chaos_settings.py")
        self._folder = folder
        self._port = free_port()
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", ""),
            "C_FORCE_ROOT": "1",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "chaos_settings",
            "ENV_FILE": os.devnull,
            "SECRET_KEY": uuid.uuid4().hex,
            "DEBUG": "on",
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            **self.mail.environment,
            "FEEDBACK_DELAY_SECONDS": "0",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=folder, env=self._environment, check=True)
        self.redis.start()
        self._web = self._start("runserver", "--noreload", f"127.0.0.1:{self._port}")
        self._workers = [self._start_worker(), self._start_worker()]
        self._web.wait_for("Quit the server")
        for worker in self._workers:
            worker.wait_for("is ready after")

    def close(self) -> None:
        """Stop everything."""
        for process in (*self._workers, self._web):
            process.stop()
        self.redis.stop()
        self.mail.stop()

    def visit(self, count: int) -> None:
        """Submit `count` messages as one visitor, and note each that was answered."""
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        address = f"http://127.0.0.1:{self._port}/"
        page = opener.open(address, timeout=DEADLINE).read().decode()
        found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
        assert found is not None
        for number in range(count):
            form = {
                "csrfmiddlewaretoken": found[1],
                "email": "visitor@example.org",
                "message": f"message {number}",
            }
            data = urllib.parse.urlencode(form).encode()
            with opener.open(address, data, timeout=DEADLINE) as answer:
                pk = re.search(r"[0-9a-f-]{36}", answer.url)
                assert answer.status == 200
                assert pk is not None, answer.url
                self.answered.append(pk[0])

    def do_something(self) -> None:
        """Do one of the things that go wrong in practice."""
        name, action = self.random.choice(
            [
                ("a worker is killed", self._kill_worker),
                ("a worker is stopped", self._stop_worker),
                ("the code is edited", self._edit),
                ("Redis is lost", self._lose_redis),
                ("SMTP refuses", lambda: self._mood("refuses")),
                ("SMTP drops the connection", lambda: self._mood("drops")),
                ("SMTP hangs", lambda: self._mood("hangs")),
            ]
        )
        print(f"{time.strftime('%H:%M:%S')} {name}; {len(self.answered)} answered")
        action()

    def message_id(self, pk: str) -> str:
        """Return the Message-ID of the row `pk`."""
        return f"<{pk}@example.com>"

    def undelivered(self) -> list[str]:
        """Return the answered messages that the mail server has not taken."""
        return [pk for pk in self.answered if self.message_id(pk) not in self.mail.taken]

    def unfinished(self) -> list[str]:
        """Return the ids of rows that are not done, as the database says."""
        code = (
            "from feedback.models import Feedback\n"
            "rows = Feedback.objects.exclude(status='done')\n"
            "print(*[f'{row.pk} {row.status} {row.attempts}' for row in rows], sep='\\n')"
        )
        shell = [sys.executable, "manage.py", "shell", "--no-imports", "--command", code]
        done = subprocess.run(
            shell,
            cwd=self._folder,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.split("\n")[:-1] if done.stdout.strip() else []

    def _start(self, *command: str) -> Process:
        return Process(
            [sys.executable, "manage.py", *command],
            folder=self._folder,
            environment=self._environment,
        )

    def _start_worker(self) -> Process:
        name = f"{uuid.uuid4().hex[:8]}@localhost"
        return self._start("runworker", "--loglevel", "info", "-c", "2", "--hostname", name)

    def _take_worker(self) -> Process:
        return self._workers.pop(self.random.randrange(len(self._workers)))

    def _kill_worker(self) -> None:
        """SIGKILL to the supervisor's group; its generations end themselves within a second."""
        worker = self._take_worker()
        self.stops.append(time.time())
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        self.stops.append(time.time())
        self._workers.append(self._start_worker())

    def _stop_worker(self) -> None:
        worker = self._take_worker()
        self.stops.append(time.time())
        worker.tell(signal.SIGTERM)
        worker.wait()
        self.stops.append(time.time())
        self._workers.append(self._start_worker())

    def _edit(self) -> None:
        path = self._folder / "feedback" / "tasks.py"
        path.write_text(path.read_text() + f"\nEDITED = {time.time()}\n")

    def _lose_redis(self) -> None:
        self.redis.stop()
        time.sleep(self.random.uniform(0, 1))
        self.redis.start()

    def _mood(self, mood: Mood) -> None:
        self.mail.mood = mood
        time.sleep(self.random.uniform(0.5, 1.5))
        self.mail.mood = "takes"


@contextmanager
def visitors(site: Site, count: int) -> Iterator[list[threading.Thread]]:
    """Let visitors submit `count` messages meanwhile, and wait for the last of them."""
    failures: list[BaseException] = []

    def visit() -> None:
        try:
            site.visit(count // _VISITORS)
        except BaseException as error:  # Shown by the test, below.
            failures.append(error)
            raise

    threads = [threading.Thread(target=visit) for _ in range(_VISITORS)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_submission_that_was_answered_is_delivered(
    tmp_path: Path, request: pytest.FixtureRequest, seed: int, database: str, count: int
) -> None:
    (folder := tmp_path / "site").mkdir()
    if database == "sqlite":
        url = f"sqlite:///{folder / 'db.sqlite3'}"
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.create_database(uuid.uuid4().hex)
    site = Site(folder, url, seed)
    try:
        with visitors(site, count) as threads:
            # Long enough for each to happen a few times, however fast the visitors are.
            for _ in range(max(8, count // 10)):
                site.do_something()
            while any(thread.is_alive() for thread in threads):
                site.do_something()
        eventually(lambda: not site.undelivered())
        eventually(lambda: not site.unfinished())
        twice = {name: times for name, times in site.mail.taken.items() if len(times) > 1}
        print(f"{len(site.answered)} answered, all delivered, {len(twice)} of them twice")
        # Each of them because a worker was stopped after SMTP's yes, before the mark was made.
        for name, (first, second, *_) in twice.items():
            assert any(first <= stop + 1 and stop <= second for stop in site.stops), name
    finally:
        site.close()
