"""Tasks of Django's own kind, for the tests: Django 6.0 brought them."""

import sys
import time
from contextlib import suppress

from celery.exceptions import SoftTimeLimitExceeded
from django.tasks import TaskContext, task


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
