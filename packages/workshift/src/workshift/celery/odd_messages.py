"""Refuses messages that would end the worker, each with one line in the log.

A program with a mistake can put anything into a queue, and so can whoever has got access to the
broker. Celery refuses much of it. But a header that is missing, or of another type than it expects,
ends the worker's main process; the message returns to its queue, where it ends the next worker.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery.utils.log import get_logger
from kombu.exceptions import ContentDisallowed, DecodeError

logger = get_logger(__name__)


def fault_of(message: Any) -> str:
    """Return what is wrong with a task message, or nothing if Celery can handle it."""
    try:
        body = message.payload
    except (ContentDisallowed, DecodeError):
        return ""  # Celery refuses it.
    except Exception as error:  # noqa: BLE001 - whatever its sender has provoked.
        return f"its body cannot be read ({error!r})"
    headers = message.headers if isinstance(message.headers, dict) else {}
    # Celery's first protocol has all in the body.
    fields = [one for one in (headers, body) if isinstance(one, dict) and "task" in one]
    if not fields:
        return ""  # Celery refuses it as well.
    if headers in fields and not (body in fields or (_is_row(body) and len(body) == 3)):
        return "its body is not arguments, keyword arguments and options"
    for one in fields:
        for name, fits in _FIELDS.items():
            if not fits(one.get(name)):
                return f"its {name} is {one.get(name)!r:.100}"
    return ""


def log_unreadable(content: Any, error: Exception) -> None:
    """Log that what was in the queue is not a message at all."""
    logger.error("Threw away what is not a message (%r). It begins with %.200r.", error, content)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_time(value: Any) -> bool:
    return value is None or isinstance(value, datetime) or _is_name(value)


def _is_row(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_limits(value: Any) -> bool:
    return not value or (_is_row(value) and len(value) == 2 and all(map(_is_limit, value)))


def _is_limit(value: Any) -> bool:
    # Not a number that is less than nothing, and not the one that is none.
    return not value or (isinstance(value, int | float) and value > 0)


def _is_names(value: Any) -> bool:
    return not value or (_is_row(value) and all(isinstance(name, str) for name in value))


def _is_mapping(value: Any) -> bool:
    return not value or isinstance(value, dict)


# What the worker's main process reads; the others fail at most the task itself.
_FIELDS: dict[str, Callable[[Any], bool]] = {
    "task": _is_name,
    "id": _is_name,
    "eta": _is_time,
    "expires": _is_time,
    "timelimit": _is_limits,
    "stamped_headers": _is_names,
    "stamps": _is_mapping,
}
