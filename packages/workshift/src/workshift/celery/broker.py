"""The project's broker, as its Celery app configures it. What depends on its kind is decided here."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from celery import Celery, current_app
from kombu import Queue
from kombu.exceptions import OperationalError

from ..env import Environment
from . import discovery

if TYPE_CHECKING:
    import redis

_REDIS = frozenset({"redis", "rediss", "sentinel"})

# The answer to a declaration of a queue that does not exist.
_NOT_FOUND = 404


def address() -> str:
    """Return the URL of the broker that tasks are sent to, options included; of several, the first.

    Sentinels are not several brokers: they come separated by semicolons.
    """
    url = current_app.conf.broker_write_url or current_app.conf.broker_url
    if not url:
        return str(current_app.connection_for_write().as_uri(include_password=True))
    text = url if isinstance(url, str) else ";".join(url)
    return text if text.startswith("sentinel://") else text.partition(";")[0]


def is_redis(url: str) -> bool:
    """Tell whether `url` is a Redis server that `connect()` can use."""
    return urlsplit(url).scheme in _REDIS


def key_prefix() -> str:
    """Return the prefix of every key in Redis, often empty."""
    return str(transport_options().get("global_keyprefix", ""))


def transport_options() -> dict[str, Any]:
    """Return kombu's options for the transport."""
    return dict(current_app.conf.broker_transport_options)


def connect(url: str) -> "redis.Redis":
    """Return a client that waits at most a second and does not retry."""
    # Imported here because web processes import this module, too, and can save these 40 ms.
    import redis  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415
    from redis.sentinel import Sentinel  # noqa: PLC0415

    options: dict[str, Any] = {
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith("sentinel://"):
        return redis.Redis.from_url(url, **options)
    # kombu, too, takes what belongs to the server itself from the first of the sentinels.
    sentinels = [urlsplit(one) for one in url.split(";")]
    server = redis.Redis.from_url(url.partition(";")[0].replace("sentinel", "redis", 1))
    known = server.connection_pool.connection_kwargs
    own = {name: known[name] for name in ("db", "username", "password") if name in known}
    given = transport_options()
    watched: Any = Sentinel
    client: redis.Redis = watched(
        [(one.hostname, one.port or 26_379) for one in sentinels],
        sentinel_kwargs={**options, **given.get("sentinel_kwargs", {})},
        **options,
    ).master_for(given.get("master_name", ""), **own)
    return client


def greet() -> str:
    """Connect to a broker that is not Redis, and return its name and version.

    Raises kombu's `OperationalError` if it does not answer within a second or refuses us.
    """
    with current_app.connection_for_write(connect_timeout=1) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        except (*connection.connection_errors, *connection.channel_errors) as error:
            raise OperationalError(str(error)) from error
        facts = getattr(connection.connection, "server_properties", {})
    return f"{facts.get('product', 'The broker')} {facts.get('version', '')}".strip()


def messages_in(queue: Queue) -> int:
    """Return how many messages wait in `queue`: none if the broker does not know it."""
    with current_app.connection_for_read() as connection:
        # Redis' transport would ask for the queue without our key prefix, and find nothing. RabbitMQ
        # would make a queue that is not there, and refuse to look at one that was made otherwise.
        passive = connection.transport.driver_type != "redis"
        try:
            declared: Any = queue.bind(connection.default_channel).queue_declare(passive=passive)
        except connection.channel_errors as error:
            if getattr(error, "reply_code", None) != _NOT_FOUND:
                raise
            return 0
        return int(declared.message_count)


def counts_by_subscription(consumer: Any) -> bool:
    """Tell whether the broker counts what a worker holds for each of its subscriptions anew.

    RabbitMQ does so for quorum queues, and forgets to apply another limit to the present one.
    """
    return bool(consumer.connection.transport.driver_type == "amqp")


def own_redis_port() -> int | None:
    """Return the port of the Redis that development starts, or None if it is not to start any.

    Either REDIS_URL names another one, or neither the broker nor the results are in this one.
    """
    if Environment().str("REDIS_URL", default=""):
        return None
    port = Environment().port("REDIS_PORT", default=6379)
    try:
        _, app = discovery.find()
        return port if _uses(app, port) else None
    except Exception:  # noqa: BLE001 - others say what is wrong with the code.
        return port


def _uses(app: Celery, port: int) -> bool:
    # A class of its own may stand before the address of the result backend.
    written = re.findall(r"\bredis://[^;\s]+", f"{app.conf.broker_url} {app.conf.result_backend}")
    return any(
        url.hostname in {"127.0.0.1", "localhost"} and (url.port or 6379) == port
        for url in map(urlsplit, written)
    )


def without_password(url: str) -> str:
    """Return `url` without user, password and options, so that it can be shown."""
    shown = [urlsplit(one) for one in url.split(";")]
    return ";".join(f"{one.scheme}://{one.netloc.rpartition('@')[2]}{one.path}" for one in shown)
