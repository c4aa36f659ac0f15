"""The project's broker as its Celery app has it: the address, and how Redis names its keys."""

from typing import Any
from urllib.parse import urlsplit

import redis
from celery import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

_REDIS = frozenset({"redis", "rediss"})


def address() -> str:
    """Return the URL of the broker that tasks are sent to; of several, the first."""
    return str(current_app.connection_for_write().as_uri(include_password=True))


def is_redis(url: str) -> bool:
    """Tell whether `url` is that of a Redis server which `connect()` can ask."""
    return urlsplit(url).scheme in _REDIS


def key_prefix() -> str:
    """Return what stands before the name of every key in Redis, often nothing."""
    return str(transport_options().get("global_keyprefix", ""))


def transport_options() -> dict[str, Any]:
    """Return kombu's options for the transport."""
    return dict(current_app.conf.broker_transport_options)


def connect(url: str) -> redis.Redis:
    """Return a client that waits a second at the longest and tries once."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )


def without_password(url: str) -> str:
    """Return `url` as it can be shown: without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
