"""Lists the tasks that the stand-in for Redis forgets when it stops."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..celery.broker import key_prefix
from ..durable.log import SWEEP
from ..terminal import escape


def tasks_in(client: Any) -> Counter[str]:
    """Count the waiting and unfinished tasks in the Redis of `client` by name.

    Raises redis.RedisError. What is not a message is left out.
    """
    # The sweep does not count: it is sent again every few seconds.
    names = Counter(_name(message) for message in _messages(client))
    return Counter({name: number for name, number in names.items() if name not in {"", SWEEP}})


def sentence(tasks: Counter[str]) -> str:
    """Say that these tasks are lost, and what would have kept them."""
    number = tasks.total()
    listed = ", ".join(f"{name} ({times})" for name, times in sorted(tasks.items()))
    return (
        f"The embedded stand-in for Redis forgets {number} {'task' if number == 1 else 'tasks'} "
        f"that had not run: {listed}. Durable tasks are sent again; a real Redis keeps all."
    )


def _messages(client: Any) -> Iterator[bytes]:
    prefix = key_prefix()
    for key in client.scan_iter(match=f"{prefix}*"):
        if client.type(key) == b"list":
            yield from client.lrange(key, 0, -1)
    yield from client.hvals(f"{prefix}unacked")


def _name(text: bytes) -> str:
    """Return the task's name, or nothing for other messages, such as remote control's."""
    try:
        message = json.loads(text)
        # One that a worker has taken is noted with where it came from.
        message = message[0] if isinstance(message, list) else message
        return escape(str(message["headers"]["task"]))
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
