"""Holds messages of tasks that are missing for a moment: cut out and not yet back, or stashed.

Celery's worker throws away what it does not know. Here, a message of a task that an earlier
generation knew is held, like one that waits for its time, until the worker retires; then it goes
back into the queue, for the next generation. docs/how-the-reload-works.md says when it is given up.
"""

from collections import Counter
from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

from ..celery.give_back import give_back
from ..celery.room import Room
from ..reload.channel import Channel
from ..reload.messages import Waiting

# Seconds in which several messages are one line.
_SAY_AFTER = 0.3


class MissingTasks:
    """Holds the messages of tasks that are known by name only."""

    def __init__(self, channel: Channel) -> None:
        """Tell the supervisor on `channel` what waits."""
        self._channel = channel
        self._held: list[tuple[str, Any]] = []
        self._will_say = False
        self._room = Room(lambda: bool(self._held))
        self._said: Counter[str] = Counter()
        self._consumer: Any = None
        # The names of the tasks that earlier generations had.
        self.known: set[str] = set()

    def guard(self, consumer: Any) -> None:
        """Hold what `consumer` would throw away; must be called before it takes its first task."""
        if self._consumer is None:
            self._consumer = consumer
            # Celery's own, which says at once that a name is misspelt.
            self._refuse = partial(Consumer.on_unknown_task, consumer)
            consumer.on_unknown_task = self._hold_or_refuse

    def give_back(self, consumer: Any) -> None:
        """Put all that is held back into its queue."""
        held, self._held = self._held, []
        for _, message in held:
            give_back(message, consumer)

    def forget(self) -> None:
        """Let go of what is held: its connection is lost, and the broker hands it out again."""
        self._held.clear()

    def _hold_or_refuse(self, body: Any, message: Any, error: KeyError) -> None:
        name = str(error.args[0])
        if name not in self.known:
            self._refuse(body, message, error)
            return
        self._held.append((name, message))
        # It must not keep other tasks from being taken.
        self._room.make(self._consumer)
        if not self._will_say:
            self._will_say = True
            self._consumer.timer.call_after(_SAY_AFTER, self._say)

    def _say(self) -> None:
        self._will_say = False
        counted = Counter(name for name, _ in self._held)
        # A schedule goes on sending them: not each one is a line.
        if any(count >= 2 * self._said[name] for name, count in counted.items()):
            self._said = counted
            self._channel.send_unless_closed(Waiting(dict(counted)))
