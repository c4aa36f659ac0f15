"""Tasks for the tests: a worker learns them with `--include tests.tasks`."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.tasks import TaskContext, task


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


@task
def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


@task
async def double_async(number: int) -> int:
    """Return twice the number, from a coroutine."""
    return 2 * number


@task(takes_context=True)
def tell_attempt(context: "TaskContext[..., int]", add_to: int) -> int:
    """Return the number of this attempt, with a number added."""
    return context.attempt + add_to


@task
def fail(message: str) -> None:
    """Raise a ValueError."""
    raise ValueError(message)


class OddError(Exception):
    """An error that cannot be pickled: it takes more than its message."""

    def __init__(self, left: int, right: int) -> None:
        """Make an error of two numbers."""
        super().__init__(f"{left} is not {right}")


@task
def fail_oddly() -> None:
    """Raise an OddError."""
    raise OddError(1, 2)


@task
def call_exiting_command() -> None:
    """Exit, as some management commands do."""
    sys.exit(3)


@task
def hang() -> None:
    """Go on for ever, whatever the soft time limit says."""
    while True:
        with suppress(SoftTimeLimitExceeded):
            time.sleep(600)
