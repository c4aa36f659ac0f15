"""Lets a worker take more messages, besides those that it only holds."""

from collections.abc import Callable
from typing import Any

from .broker import counts_by_subscription


class Room:
    """Room in a worker for messages that it holds: they must not keep others from being taken."""

    def __init__(self, is_used: Callable[[], bool]) -> None:
        """`is_used` tells whether something is held; nothing is if the worker retires."""
        self._is_used = is_used
        self._will_subscribe = False

    def make(self, consumer: Any) -> None:
        """Let one more message come to `consumer`."""
        consumer.qos.increment_eventually()
        if counts_by_subscription(consumer) and not self._will_subscribe:
            self._will_subscribe = True
            consumer.call_soon(self._subscribe_anew, consumer)

    def _subscribe_anew(self, consumer: Any) -> None:
        self._will_subscribe = False
        if self._is_used():
            consumer.task_consumer.cancel()
            consumer.task_consumer.consume()
