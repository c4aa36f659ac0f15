"""A small project in a folder of its own, and its worker as a process."""

import os
import re
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from celery import Celery

from tests import ROOT
from tests.files import Files
from workshift.testing.processes import (
    DEADLINE,
    Process,
    children,
    descendants,
    eventually,
    is_alive,
    leads_group,
)

# Tests of the reload have all that they need from here.
__all__ = ["PATIENCE", "TASKS", "Project", "Worker", "children", "eventually", "is_alive"]

PATIENCE = DEADLINE

SETTINGS = """

INSTALLED_APPS.append("{app}")

ROOT_URLCONF = "{app}.urls"
"""

TASKS = '''
import os

import redis
from celery import shared_task

VERSION = 0


def client():
    # The default would end a wait after 5 s.
    url = os.environ["PROBE_URL"]
    return redis.Redis.from_url(url, decode_responses=True, socket_timeout=90)


@shared_task
def record(number, wait_for=None):
    """Note which version of the code began and ended; wait for a key in between."""
    with client() as connection:
        connection.rpush("began", f"{number} {VERSION}")
        if wait_for:
            connection.blpop([wait_for], 60)
        connection.rpush("ended", f"{number} {VERSION}")
    return VERSION
'''


class Project(Files):
    """A project in a folder of its own, with keys of its own in Redis."""

    def __init__(
        self, folder: Path, redis_url: str, probe_url: str | None = None, app: str = "probe"
    ) -> None:
        """Write the project's files into `folder`, which must not exist; its one app is `app`.

        The tasks note what they did in the Redis at `probe_url`, by default in another database
        of the broker's.
        """
        self.folder = folder
        self._tasks = f"{app}/tasks.py"
        self.prefix = f"{uuid.uuid4().hex}:"
        self.redis_url = redis_url
        for name in ("manage.py", "mysite/__init__.py", "mysite/celery.py", "mysite/settings.py"):
            source = ROOT / name if name == "manage.py" else ROOT / "tests" / name
            text = source.read_text().replace("tests.mysite.", "mysite.")
            self.write(name, text.replace('    "mysite.letters",\n', ""))
        settings = self.read("mysite/settings.py")
        self.write("mysite/settings.py", settings + SETTINGS.format(app=app))
        self.write(f"{app}/__init__.py", "")
        self.write(f"{app}/urls.py", "urlpatterns = []\n")
        self.write(self._tasks, TASKS)
        self.write(
            ".env",
            f"DEBUG=on\nSECRET_KEY=for-tests\nREDIS_URL={redis_url}\nREDIS_PREFIX={self.prefix}\n",
        )
        self.probe_url = probe_url or redis_url.rsplit("/", 1)[0] + "/9"
        self.probe = redis.Redis.from_url(self.probe_url, decode_responses=True)
        self.broker = redis.Redis.from_url(redis_url, decode_responses=True)
        # Like a web process, it does not subscribe to the results of what it sends.
        backend = f"workshift.celery.results:ResultStore+{redis_url}"
        self.app = Celery("tests", broker=redis_url, backend=backend, set_as_current=False)
        self.app.conf.update(
            task_default_queue="mysite",
            broker_transport_options={"global_keyprefix": self.prefix},
            result_backend_transport_options={"global_keyprefix": self.prefix},
        )

    def save_version(self, version: int) -> None:
        """Give the task module another version."""
        self.write(self._tasks, self.versioned(version))

    def versioned(self, version: int) -> str:
        """Return the task module's text with another version."""
        return re.sub(r"VERSION = \d+", f"VERSION = {version}", self.read(self._tasks))

    def send(self, number: int, *, countdown: float | None = None, **arguments: Any) -> Any:
        """Send the task `record`, due in `countdown` seconds; return its result object."""
        return self.app.send_task("probe.tasks.record", [number], arguments, countdown=countdown)

    def ask(self, question: str) -> list[Any]:
        """Return what each generation answers to `celery inspect` with this command."""
        answers = getattr(self.app.control.inspect(timeout=0.3), question)() or {}
        return list(answers.values())

    def wait_until(self, question: str, is_right: Callable[[Any], object]) -> None:
        """Wait until generations answer, and `is_right()` of each answer is true."""
        eventually(
            lambda: (answers := self.ask(question)) and all(map(is_right, answers)),
            f"the answer to {question} is right",
        )

    def version(self) -> int:
        """Run a task and return the version of the code that ran it."""
        return int(self.send(-1).get(timeout=PATIENCE))

    def runs(self, version: int) -> bool:
        """Tell whether a task that is sent now runs on `version`."""
        return self.version() == version

    def noted(self, event: str) -> list[tuple[int, int]]:
        """Return (number, version) of each task that `began` or `ended`, in order."""
        return [tuple(map(int, line.split())) for line in self.probe.lrange(event, 0, -1)]  # type: ignore[misc]

    def starting_worker(
        self, *options: str, command: str = "runworker", **variables: str
    ) -> "Worker":
        """Run `manage.py runworker` with `options` for the length of a `with` block."""
        return Worker(self, options, variables, command=command)

    @contextmanager
    def worker(
        self, *options: str, command: str = "runworker", **variables: str
    ) -> Iterator["Worker"]:
        """Run `manage.py runworker` with `options` until the block ends; wait until it is ready."""
        with self.starting_worker(*options, command=command, **variables) as worker:
            worker.wait_for(r"Generation 1 is ready")
            yield worker


class Worker:
    """A `runworker` process and what it has said."""

    def __init__(
        self,
        project: Project,
        options: tuple[str, ...],
        variables: dict[str, str] | None = None,
        *,
        command: str = "runworker",
    ) -> None:
        """Start the command for `project`; the first thing to do is usually to wait for a line."""
        # The project's own `.env` is to count, not what the tests themselves run with.
        environment = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}}
        self._command = Process(
            [sys.executable, "manage.py", command, "--loglevel", "info", "-c", "2", *options],
            folder=project.folder,
            environment=environment
            | {"PROBE_URL": project.probe_url, "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1"}
            | (variables or {}),
        )
        self.process = self._command.process

    @property
    def lines(self) -> list[str]:
        """The lines that have been said."""
        return self._command.lines

    @property
    def output(self) -> str:
        """Everything that has been said."""
        return self._command.output

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait for a line that matches, later than the last one waited for; return the match."""
        return self._command.next_line(pattern)

    def generations(self) -> list[int]:
        """Return the process ids of the generations that are alive."""
        # Neither the zygote nor what else it forks leads a group.
        return sorted(pid for pid in descendants(self.process.pid) if leads_group(pid))

    def processes(self) -> list[int]:
        """Return the ids of all processes below the command, itself included."""
        return [self.process.pid, *descendants(self.process.pid)]

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        if self.process.poll() is None:
            self._command.tell(signal.SIGTERM)
        return self._command.wait()

    def __enter__(self) -> Self:
        """Return the running command."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the command, and show what it said if the block failed."""
        self.stop()
        if error is not None:
            print(self.output)
