"""Converts the text of a variable into a value: on into True, 8000 into a port.

Each reader raises `UnfitError` with the words that complete "the variable must be ...". None quotes
the text, which may contain a password.
"""

from collections.abc import Callable
from logging import getLevelNamesMapping
from math import isfinite
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ


class UnfitError(ValueError):
    """The text is not what the variable must be; the message says what that is."""


def yes_or_no(text: str) -> bool:
    """On or off, or a synonym."""
    word = text.strip().lower()
    if word in {"on", "true", "yes", "y", "ok", "1"}:
        return True
    if word in {"off", "false", "no", "n", "0"}:
        return False
    raise UnfitError("on or off")


def whole_number(text: str) -> int:
    """A whole number, which may be negative."""
    try:
        return int(text)
    except ValueError:
        raise UnfitError("a whole number") from None


def number(text: str) -> float:
    """A finite number, with or without a fraction."""
    try:
        value = float(text)
    except ValueError:
        raise UnfitError("a number") from None
    if not isfinite(value):
        raise UnfitError("a number")
    return value


def names(text: str) -> list[str]:
    """Names separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def seconds(text: str) -> float:
    """A duration in seconds, 0 or more."""
    expected = UnfitError("a number of seconds, 0 or more")
    try:
        value = number(text)
    except UnfitError:
        raise expected from None
    if value < 0:
        raise expected
    return value


def port(text: str) -> int:
    """A TCP port."""
    if not text.strip().isdecimal() or not 1 <= int(text) <= 65_535:
        raise UnfitError("a port, a whole number from 1 to 65535")
    return int(text)


def log_level(text: str) -> str:
    """The name of a log level, in capitals."""
    level = text.strip().upper()
    if level not in getLevelNamesMapping():
        raise UnfitError("DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return level


def log_format(text: str) -> str:
    """How log lines look."""
    if text not in {"plain", "json"}:
        raise UnfitError("plain or json")
    return text


def time_zone(text: str) -> str:
    """A time zone that this machine knows."""
    if text not in available_timezones():
        raise UnfitError("a time zone that this machine knows, such as UTC or Europe/Berlin")
    return text


def redis_url(text: str) -> str:
    """The URL of a Redis server, or those of sentinels; the number after the port is the database."""
    databases = [_of_server(one, "sentinel") for one in text.split(";")]
    if len(databases) == 1:
        databases = [_of_server(text, "redis", "rediss", "sentinel")]
    if not all(one is not None and (not one or one.isdecimal()) for one in databases):
        raise UnfitError(
            "the URL of a Redis server, such as redis://127.0.0.1:6379/0 or, with TLS, "
            "rediss://:password@host:6379/0?ssl_cert_reqs=required (special characters in the "
            "password percent-encoded), or those of sentinels: "
            "sentinel://host:26379/0;sentinel://other:26379/0"
        )
    return text


def broker_url(text: str) -> str:
    """The URL of a broker: RabbitMQ, whose nodes are separated by semicolons, or Redis."""
    if all(_of_server(one, "amqp", "amqps") is not None for one in text.split(";")):
        return text
    try:
        return redis_url(text)
    except UnfitError as error:
        raise UnfitError(f"amqp://user:password@host:5672/vhost, or {error}") from None


def _of_server(text: str, *schemes: str) -> str | None:
    """Return the path in the URL of a server with one of `schemes`, or None if it is no such URL."""
    try:
        parts = urlsplit(text)
        # Reading the port raises ValueError if it is not a number or too large.
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts.path.strip("/") if usable else None


def database(text: str) -> dict[str, Any]:
    """An entry of Django's DATABASES."""
    settings: dict[str, Any] = {}
    try:
        if urlsplit(text).scheme in environ.Env.DB_SCHEMES:
            settings = environ.Env.db_url_config(text)
    except ValueError:
        pass
    # A PostgreSQL service (?service=...) replaces the name.
    if not settings.get("NAME") and not settings.get("OPTIONS"):
        raise UnfitError(
            "the URL of a database, such as postgres://user:password@host:5432/name (special "
            "characters in the password percent-encoded)"
        )
    return settings


# Stricter than django-environ with these types: it treats any unknown word as False and drops
# everything but digits from a number.
STRICT: dict[Any, Callable[[str], Any]] = {
    bool: yes_or_no,
    int: whole_number,
    float: number,
    list: names,
}
