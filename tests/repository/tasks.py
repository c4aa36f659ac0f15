"""Tasks for the tests of the stack: a worker learns them with `--include tests.repository.tasks`."""

import sys
import time
from pathlib import Path

from celery import shared_task


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
def leave(marker: str) -> None:
    """Note in the file `marker` that it begins, and exit."""
    with Path(marker).open("a") as file:
        file.write("began\n")
    sys.exit("for good")
