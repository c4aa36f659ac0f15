"""Forgets the time limits of tasks that have ended.

Celery cancels them, but its timer keeps what is cancelled until its time comes: at a hundred tasks a
second and a limit of five minutes, 40 MB in the worker's main process.
"""

from typing import Any

from .internals import forget_cancelled
from .repeated import Repeated

# Seconds between two times.
_INTERVAL = 10.0


class TimeLimits(Repeated):
    """Regularly clears the worker's timer of what is cancelled."""

    def interval(self, consumer: Any) -> float | None:
        """Return it if the worker has an event loop: only there, nobody else uses its timer."""
        return None if consumer.hub is None else _INTERVAL

    def act(self, consumer: Any) -> None:
        """Clear it."""
        forget_cancelled(consumer.timer)
