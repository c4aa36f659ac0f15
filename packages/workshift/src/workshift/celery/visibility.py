"""Keeps Redis from giving a task to a second worker while the first is alive.

Redis redelivers a task that has not been acknowledged within the visibility timeout. That is meant
for dead workers, but a live one takes a task with a countdown at once and holds it until it is due.
A task that waits longer than the timeout would run several times
(https://github.com/celery/celery/issues/4766).
"""

from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger

from .internals import renew_held, visibility_timeout

logger = get_logger(__name__)

# Renewals per timeout: a few may fail, for example while Redis restarts.
_RENEWALS = 10


class Visibility(bootsteps.StartStopStep):
    """Regularly tells Redis which tasks this worker holds."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Prepare; each connection to the broker calls `start()` and `stop()`."""
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Start, if the broker has a visibility timeout."""
        timeout = visibility_timeout(consumer)
        if timeout:
            self._timer = consumer.timer.call_repeatedly(
                timeout / _RENEWALS, self._renew, (consumer,)
            )

    def stop(self, consumer: Any) -> None:
        """Stop when the connection ends."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None

    def _renew(self, consumer: Any) -> None:
        try:
            renew_held(consumer)
        except (*consumer.connection_errors, *consumer.channel_errors) as error:
            # The consumer reports that the broker is gone.
            logger.debug("The tasks held were not renewed: %r", error)
