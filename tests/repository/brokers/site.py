"""The starter in a folder of its own, with one more task, and a web process that sends it tasks."""

import os
import re
import runpy
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from celery import Celery
from workshift.env import Environment
from workshift.testing.processes import DEADLINE, Process, eventually, free_port

from tests import ROOT

TASK = '''
import time
from celery import shared_task

VERSION = 0


@shared_task(ignore_result=True)
def record(number: int, wait: bool = False) -> None:
    """Note the number and the version of the code, at once or when somebody writes into the pipe."""
    began = VERSION
    if wait:
        open("began", "w").close()
        open("pipe").close()
    with open("noted", "a") as file:
        file.write(f"{number} {began} {time.time()}\\n")
'''


class Note(NamedTuple):
    """What a task has noted: its number, the version of the code that ran it, and when."""

    number: int
    version: int
    time: float


class Site:
    """A copy of the project that is to use a certain broker."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        """Copy it to `folder`, which does not exist; `variables` lead to the broker."""
        self.folder = folder
        for name in ("django_celery", "feedback"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests")
            )
        for name in ("manage.py", "Procfile.dev"):
            shutil.copy(ROOT / name, folder)
        with self.tasks.open("a") as tasks:
            tasks.write(TASK)
        os.mkfifo(folder / "pipe")
        variables = {
            "DEBUG": "on",
            "SECRET_KEY": "for the tests only",
            "REDIS_PREFIX": "site:",
            "FEEDBACK_DELAY_SECONDS": "0",
            "PORT": str(free_port()),
            "REDIS_PORT": str(free_port()),
            **variables,
        }
        lines = [f"{name}={value}\n" for name, value in variables.items()]
        (folder / ".env").write_text("".join(lines))
        (folder / ".env").chmod(0o600)
        self._environment = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}}
        # What the settings say in this place, without their becoming those of this process.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Environment, "ENVIRON", dict(variables))
            patch.delenv("ENV_FILE")
            settings = runpy.run_path(str(folder / "django_celery" / "settings.py"))
        self.app = Celery("site", set_as_current=False)
        self.app.conf.update(
            {
                name.removeprefix("CELERY_").lower(): value
                for name, value in settings.items()
                if name.startswith("CELERY_") and name != "CELERY_DB_REUSE_MAX"
            }
        )
        migrated = self.manage("migrate", "--verbosity", "0")
        assert migrated.wait() == 0, migrated.output

    @property
    def tasks(self) -> Path:
        """The module with the task."""
        return self.folder / "feedback" / "tasks.py"

    def manage(self, *arguments: str) -> Process:
        """Start a management command."""
        return self._python("-u", "manage.py", *arguments)

    @contextmanager
    def worker_of_production(self, name: str) -> Iterator[Process]:
        """Run `celery worker` until the block ends, from when it is ready."""
        options = ("--hostname", f"{name}@%h", "--concurrency", "2", "--loglevel", "info")
        worker = self.celery("worker", *options)
        try:
            worker.wait_for(" ready.")
            yield worker
        finally:
            worker.kill()

    def celery(self, *arguments: str) -> Process:
        """Start a command of Celery's own."""
        return self._python("-m", "celery", "-A", "django_celery", *arguments)

    def _python(self, *arguments: str) -> Process:
        return Process(
            [sys.executable, *arguments],
            folder=self.folder,
            environment={**self._environment, "C_FORCE_ROOT": "1"},
        )

    @contextmanager
    def worker(self) -> Iterator[Process]:
        """Run `runworker` until the block ends, from when it is ready."""
        worker = self.manage("runworker", "--concurrency", "2", "--loglevel", "info")
        try:
            worker.wait_for("Generation 1 is ready")
            yield worker
            worker.tell(signal.SIGTERM)
            assert worker.wait() == 0, worker.output
        finally:
            worker.kill()

    def save(self, version: int) -> None:
        """Give the code another version."""
        text = self.tasks.read_text()
        self.tasks.write_text(re.sub(r"VERSION = \d+", f"VERSION = {version}", text))

    def send(self, number: int, *, wait: bool = False, countdown: float | None = None) -> Any:
        """Send the task, as a view would."""
        return self.app.send_task("feedback.tasks.record", [number, wait], countdown=countdown)

    def send_one_that_waits(self, number: int) -> None:
        """Send a task, and return when it has begun; `let_go()` ends it."""
        self.send(number, wait=True)
        self.wait_until_one_waits()

    def wait_until_one_waits(self) -> None:
        """Return when a task that waits has begun, since this was called last."""
        eventually((self.folder / "began").exists, "the task has begun")
        (self.folder / "began").unlink()

    def let_go(self) -> None:
        """End the task that waits."""
        (self.folder / "pipe").open("w").close()

    def waiting(self) -> int:
        """Return how many messages no worker has taken."""
        queue = self.app.amqp.queues[self.app.conf.task_default_queue]
        with self.app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            declared = channel.queue_declare(queue.name, passive=True)
        return int(declared.message_count)

    def noted(self) -> list[Note]:
        """Return what the tasks that have run have noted, in order."""
        try:
            lines = (self.folder / "noted").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [Note(int(n), int(v), float(t)) for n, v, t in map(str.split, lines)]

    def wait_for(self, *expected: tuple[int, int]) -> None:
        """Return when these tasks have run, and only these, each once; in any order."""
        eventually(lambda: len(self.noted()) >= len(expected), "all tasks have run")
        ran = sorted(one[:2] for one in self.noted())
        assert ran == sorted(expected), f"{ran} have run."
        (self.folder / "noted").unlink()

    def run(self, code: str) -> str:
        """Run Python code in a web process, and return its output."""
        process = self.manage("shell", "--no-imports", "--command", code)
        assert process.wait(DEADLINE) == 0, process.output
        return process.output
