"""A part of the worker that acts again and again while there is a connection to the broker."""

from typing import Any

from celery import bootsteps


class Repeated(bootsteps.StartStopStep):
    """A bootstep of the consumer; each connection to the broker calls `start()` and `stop()`."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Prepare."""
        super().__init__(consumer, **options)
        self._timer: Any = None

    def interval(self, consumer: Any) -> float | None:
        """Return the seconds between two times; None if there is nothing to do."""
        raise NotImplementedError

    def act(self, consumer: Any) -> None:
        """Do it once, in the thread of the worker's timer."""
        raise NotImplementedError

    def start(self, consumer: Any) -> None:
        """Start, if there is something to do."""
        if interval := self.interval(consumer):
            self._timer = consumer.timer.call_repeatedly(interval, self.act, (consumer,))

    def stop(self, consumer: Any) -> None:
        """Stop when the connection ends."""
        if self._timer is not None:
            consumer.timer.cancel(self._timer)
            self._timer = None
