"""The project's broker, as its Celery app configures it: its address and its key prefix."""

from typing import Any
from urllib.parse import urlsplit

import redis
from celery import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

_REDIS = frozenset({"redis", "rediss"})


def address() -> str:
    """Return the URL of the broker that tasks are sent to, options included; of several, the first."""
    url = current_app.conf.broker_write_url or current_app.conf.broker_url
    if not url:
        return str(current_app.connection_for_write().as_uri(include_password=True))
    return str(url if isinstance(url, str) else url[0]).partition(";")[0]


def is_redis(url: str) -> bool:
    """Tell whether `url` is a Redis server that `connect()` can use."""
    return urlsplit(url).scheme in _REDIS


def key_prefix() -> str:
    """Return the prefix of every key in Redis, often empty."""
    return str(transport_options().get("global_keyprefix", ""))


def transport_options() -> dict[str, Any]:
    """Return kombu's options for the transport."""
    return dict(current_app.conf.broker_transport_options)


def connect(url: str) -> redis.Redis:
    """Return a client that waits at most a second and does not retry."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )


def without_password(url: str) -> str:
    """Return `url` without user, password and options, so that it can be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
