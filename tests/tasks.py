"""Tasks for the tests: a worker learns them with `--include tests.tasks`."""

import os
import signal
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
def kill_own_process_once(marker: str) -> str:
    """Kill the process that runs this task, unless the file `marker` says that it did already."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return "ran again"
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A process survived SIGKILL.")
