"""Keeps Redis from giving a task to a second worker while the first is alive.

Redis redelivers a task that has not been acknowledged within the visibility timeout. That is meant
for dead workers, but a live one takes a task with a countdown at once and holds it until it is due.
A task that waits longer than the timeout would run several times
(https://github.com/celery/celery/issues/4766).
"""

from typing import Any

from celery.utils.log import get_logger

from .internals import renew_held, visibility_timeout
from .repeated import Repeated

logger = get_logger(__name__)

# Renewals per timeout: a few may fail, for example while Redis restarts.
_RENEWALS = 10


class Visibility(Repeated):
    """Regularly tells Redis which tasks this worker holds."""

    def interval(self, consumer: Any) -> float | None:
        """Return a part of the broker's visibility timeout, if it has one."""
        timeout = visibility_timeout(consumer)
        return timeout / _RENEWALS if timeout else None

    def act(self, consumer: Any) -> None:
        """Tell it."""
        try:
            renew_held(consumer)
        except (*consumer.connection_errors, *consumer.channel_errors) as error:
            # The consumer reports that the broker is gone.
            logger.debug("The tasks held were not renewed: %r", error)
