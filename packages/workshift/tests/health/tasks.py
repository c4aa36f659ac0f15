"""Tasks that log."""

import logging
from typing import Any

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task(bind=True, default_retry_delay=0)
def first(self: Any, text: str) -> None:
    """Log, be tried again once, and send another task."""
    logger.info("first %s, try %s", text, self.request.retries)
    if self.request.retries == 0:
        raise self.retry()
    second.delay(text)


@shared_task
def second(text: str) -> None:
    """Log."""
    logger.info("second %s", text)


@shared_task
def fail(address: str) -> None:
    """Fail with somebody's address in an argument and in a variable."""
    raise ValueError(f"Nothing can be sent to {len(address)} characters.")
