"""Lists the tasks that the stand-in for Redis forgets when it stops."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..celery.broker import key_prefix
from ..durable.log import SWEEP


def tasks_in(client: Any) -> Counter[str]:
    """Count the waiting and unfinished tasks in the Redis of `client` by name.

    Raises redis.RedisError.
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


def _messages(client: Any) -> Iterator[Any]:
    prefix = key_prefix()
    for key in client.scan_iter(match=f"{prefix}*"):
        if client.type(key) == b"list":
            yield from map(json.loads, client.lrange(key, 0, -1))
    for taken in client.hvals(f"{prefix}unacked"):
        yield json.loads(taken)[0]


def _name(message: Any) -> str:
    """Return the task's name, or nothing for other messages, such as remote control's."""
    return str(message.get("headers", {}).get("task", "")) if isinstance(message, dict) else ""
