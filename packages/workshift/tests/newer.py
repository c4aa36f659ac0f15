"""A task that only some workers know: `--include tests.newer`."""

from celery import shared_task


@shared_task
def greet() -> str:
    """Answer."""
    return "hello"
