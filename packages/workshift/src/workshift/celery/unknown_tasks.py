"""Holds messages of tasks that only newer code knows, while a release replaces one worker at a time.

Celery's worker throws away what it does not know. Here it keeps such a message for a moment and puts
it back into the queue, where a worker with newer code may take it. The moments grow, and after
`LONGEST` the message is thrown away as by Celery.
"""

import time
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger

from .give_back import give_back
from .room import Room

logger = get_logger(__name__)

# Seconds for a release. A task that was removed from the code is thrown away after that.
LONGEST = 3600

# The shortest and the longest time (seconds) for which a message is held before it goes back.
_HOLD = (1, 60)

# More messages than that are not held: they are in the worker's memory.
_ROOM = 10_000


class UnknownTasks(bootsteps.StartStopStep):
    """Holds the messages that `PatientConsumer.on_unknown_task` hands to it."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        """Hold nothing yet."""
        super().__init__(consumer, **options)
        consumer.unknown_tasks = self
        # By the message's delivery tag, what puts it back and the message.
        self._held: dict[str, tuple[Any, Any]] = {}
        # By the task's id, when it came here first (seconds since the start of the system).
        self._first: dict[str, float] = {}
        self._named: set[str] = set()
        self._room = Room(lambda: bool(self._held))

    def hold(self, consumer: Any, message: Any) -> bool:
        """Hold the message, if it has not been here for too long; return whether it is held."""
        task_id, name = message.headers.get("id"), message.headers.get("task")
        if not isinstance(task_id, str) or len(self._held) >= _ROOM:
            return False
        now = time.monotonic()
        if len(self._first) >= 2 * _ROOM:
            # Newer code has run most of them. One that comes back begins its hour anew.
            self._first.clear()
        age = now - self._first.setdefault(task_id, now)
        if age >= LONGEST:
            del self._first[task_id]
            return False
        if name not in self._named:
            self._named.add(name)
            logger.warning(
                "The code of this worker has no task %r. Its messages stay in the queue for %d s, "
                "for workers with newer code.",
                name,
                LONGEST,
            )
        self._room.make(consumer)
        shortest, longest = _HOLD
        timer = consumer.timer.call_after(
            min(max(age, shortest), longest), self._give_back, (consumer, message)
        )
        self._held[message.delivery_tag] = (timer, message)
        return True

    def give_back_all(self, consumer: Any) -> None:
        """Put back what is held, when the worker ends."""
        for _, message in self._forget():
            give_back(message, consumer)

    def stop(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature.
        """Let go of what is held: its connection is lost, and the broker hands it out again."""
        self._forget()

    def _forget(self) -> list[tuple[Any, Any]]:
        held, self._held = list(self._held.values()), {}
        for timer, _ in held:
            timer.cancel()
        return held

    def _give_back(self, consumer: Any, message: Any) -> None:
        del self._held[message.delivery_tag]
        consumer.qos.decrement_eventually()
        give_back(message, consumer)
