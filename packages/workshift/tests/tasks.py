"""Tasks for the tests: a worker learns them with `--include tests.tasks`."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import celery
from celery import shared_task

from tests.mysite.celery import app


@shared_task
def add(left: int, right: int) -> int:
    """Return the sum."""
    return left + right


@shared_task
def hang_once(marker: str) -> str:
    """Take ten minutes, unless the file `marker` says that this has been begun before."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return "ran again"
    time.sleep(600)
    return "ran once"


@shared_task
def hold(begun: str, until: str) -> str:
    """Note in the file `begun` that it runs, until the file `until` is there."""
    Path(begun).touch()
    while not Path(until).exists():
        time.sleep(0.01)
    return "held"


@shared_task
def kill_own_process_once(marker: str) -> str:
    """Kill the process that runs this task, unless the file `marker` says that it did already."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return "ran again"
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A process survived SIGKILL.")


@shared_task
def leave(marker: str) -> None:
    """Note in the file `marker` that it begins, and exit."""
    with Path(marker).open("a") as file:
        file.write("began\n")
    sys.exit("for good")


class Plain(celery.Task):  # type: ignore[type-arg]  # Its arguments are any.
    """A base class as projects have their own."""


class Calling(celery.Task):  # type: ignore[type-arg]
    """A base class that does something around each run."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task by way of Celery's own call."""
        assert self.request.id
        return super().__call__(*args, **kwargs)


class Begins(celery.Task):  # type: ignore[type-arg]
    """A base class that leaves before the task has begun."""

    def before_start(self, *arguments: Any) -> None:
        """Do what the task itself would do."""
        _, (marker,), _ = arguments
        leave.run(marker)


class Succeeds(celery.Task):  # type: ignore[type-arg]
    """A base class that leaves when the task is done."""

    def on_success(self, *arguments: Any) -> None:
        """Do what the task itself would do."""
        _, _, (marker,), _ = arguments
        leave.run(marker)


@shared_task(base=Plain)
def leave_with_base(marker: str) -> None:
    """Exit, in a task with a base class."""
    leave.run(marker)


@shared_task(base=Calling)
def leave_with_call(marker: str) -> None:
    """Exit, in a task whose class has its own way of calling it."""
    leave.run(marker)


@shared_task(base=Begins)
def leave_before_start(marker: str) -> None:
    """Do nothing."""


@shared_task(base=Succeeds)
def leave_on_success(marker: str) -> None:
    """Do nothing."""


@shared_task(bind=True, base=Plain, autoretry_for=(Exception,), max_retries=3)
def leave_with_retries(self: Any, marker: str) -> None:
    """Exit, in a task that is tried again after other errors."""
    assert self.request.id
    leave.run(marker)


class LeaveInClass(Plain):
    """A task that is a class."""

    name = "tests.tasks.leave_in_class"

    def run(self, marker: str) -> None:
        """Exit."""
        leave.run(marker)


leave_in_class = app.register_task(LeaveInClass())
