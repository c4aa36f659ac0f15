"""What a worker holds stays with it: Redis hands nothing to a second worker while the first lives.

Redis gives a task back when it has not been acknowledged for the visibility timeout. That is meant
for workers that are dead, but counts from when the task was taken, and a worker takes a task that
has a countdown at once, and holds it until it is due. One that waited for longer than the timeout
would run several times (https://github.com/celery/celery/issues/4766).
"""

from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger

from .internals import renew_held, visibility_timeout

logger = get_logger(__name__)

# Renewals within one timeout: a few may fail, as when Redis is away for a moment.
_RENEWALS = 10


class Visibility(bootsteps.StartStopStep):
    """Tells Redis again and again, for as long as this worker lives, what it holds."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Prepare; `start()` and `stop()` come with each connection to the broker."""
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Begin, if the broker is one that has a visibility timeout."""
        timeout = visibility_timeout(consumer)
        if timeout:
            self._timer = consumer.timer.call_repeatedly(
                timeout / _RENEWALS, self._renew, (consumer,)
            )

    def stop(self, consumer: Any) -> None:
        """End, as the connection does."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None

    def _renew(self, consumer: Any) -> None:
        try:
            renew_held(consumer)
        except (*consumer.connection_errors, *consumer.channel_errors) as error:
            # Whether the broker is away is said elsewhere.
            logger.debug("The tasks held were not renewed: %r", error)
