"""Gives tasks that a worker has taken, and does not run, back into their queue."""

from collections.abc import Callable
from typing import Any

from celery.utils.log import get_logger

from .internals import take_waiting

logger = get_logger(__name__)


def attempt(step: Callable[..., object], *arguments: Any) -> None:
    """Call `step`; an error is logged, so that what comes after it happens all the same."""
    try:
        step(*arguments)
    except Exception:
        logger.exception("Giving tasks back was not complete; the rest goes on.")


def give_back(message: Any, consumer: Any) -> None:
    """Put `message` back into its queue, now: Celery's own way waits for the event loop."""
    attempt(lambda: message.reject_log_error(logger, consumer.connection_errors, requeue=True))


def give_back_waiting(consumer: Any) -> None:
    """Put back into the queue what `consumer` has reserved but not started."""
    for request in take_waiting(consumer):
        give_back(request.message, consumer)
