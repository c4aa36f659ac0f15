"""Forgets the time limits of tasks that have ended.

Celery cancels them, but its timer keeps what is cancelled until its time comes: at a hundred tasks a
second and a limit of five minutes, 40 MB in the worker's main process.
"""

from typing import Any

from celery import bootsteps

from .internals import forget_cancelled

# Seconds between two times.
_INTERVAL = 10.0


class TimeLimits(bootsteps.StartStopStep):
    """Regularly clears the worker's timer of what is cancelled."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Prepare; each connection to the broker calls `start()` and `stop()`."""
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """Start, if the worker has an event loop: only there, nobody else uses its timer."""
        if consumer.hub is not None:
            self._timer = consumer.timer.call_repeatedly(
                _INTERVAL, forget_cancelled, (consumer.timer,)
            )

    def stop(self, consumer: Any) -> None:
        """Stop when the connection ends."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None
