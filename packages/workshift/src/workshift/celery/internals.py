"""The names inside Celery, kombu, billiard and redis-py that this project relies on.

None of them is promised to anyone, so a new version may change each. They stand here and nowhere
else, and `tests/test_celery_internals.py` has a test for each: after an upgrade, that file says
what is missing.
"""

import contextlib
import functools
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import billiard.common
import kombu.transport.virtual.base
from celery import Celery
from celery import _state as celery_apps
from celery.utils.collections import AttributeDict
from celery.worker import state as celery_state
from celery.worker.control import Panel
from celery.worker.request import Request

# celery-types does not know all of it.
_state: Any = celery_state
_apps: Any = celery_apps


def made_apps() -> list[Celery]:
    """Return the Celery apps that this process has made, but for Celery's own fallback."""
    return [app for app in _apps._get_active_apps() if app.main != "default"]  # noqa: SLF001


# Celery 5.7 brought it; before, what waits for its ETA is in the timer only.
_scheduled_requests: Any = getattr(_state, "scheduled_requests", set())


def limits() -> list[str]:
    """Return a sentence for each thing that the reload cannot do on the installed versions."""
    # Here, as only `runworker` asks, and only Linux has it.
    try:
        from watchdog.observers import inotify_c  # noqa: PLC0415
    except ImportError:
        return []
    if hasattr(inotify_c, "InotifyFD"):  # watchdog 7 brought it.
        return []
    sentence = (
        "watchdog before version 7 takes one of the system's inotify instances for each folder "
        "(fs.inotify.max_user_instances, usually 128); if none is left, files are looked at twice "
        "a second."
    )
    return [sentence]


def started_requests() -> list[Any]:
    """Return the requests that the worker has reserved; after `take_waiting()`, those that run."""
    return list(_state.reserved_requests)


def take_waiting(consumer: Any) -> list[Any]:
    """Take out of the worker, and return, the requests that it has reserved but not started.

    Those wait for their ETA, for their rate limit, or for a free process of the pool. Each is
    looked at by identity: the timer also holds weak references that can no longer be compared.
    """
    waiting: dict[int, Any] = {}
    for entry in [scheduled.entry for scheduled in consumer.timer.queue]:
        if not entry.canceled and entry.args and isinstance(entry.args[0], Request):
            entry.cancel()
            waiting[id(entry.args[0])] = entry.args[0]
    for bucket in consumer.task_buckets.values():
        if bucket is not None:
            waiting |= {id(request): request for request, _ in bucket.contents}
            bucket.clear_pending()
    # Pools without an event loop have none.
    semaphore = getattr(consumer.controller, "semaphore", None)
    if semaphore is not None:
        for _, arguments, *_ in semaphore._waiting:  # noqa: SLF001
            waiting[id(arguments[0])] = arguments[0]
        semaphore._waiting.clear()  # noqa: SLF001 - clear() would also free what is running.
    for request in waiting.values():
        _scheduled_requests.discard(request)
        _state.reserved_requests.discard(request)
    return list(waiting.values())


def pool_processes(consumer: Any) -> list[int]:
    """Return the ids of the pool's processes; none if tasks run in the worker's own process."""
    return list(consumer.pool.info.get("processes", ()))


def ask_to_stop(code: int) -> None:
    """Have the worker end with `code`, also while it boots or waits for its broker."""
    _state.should_stop = code


def blocked_connection(consumer: Any) -> Any:
    """Return the connection on which Redis may still answer a BRPOP, or None."""
    if consumer.task_consumer is None:
        return None
    return getattr(consumer.task_consumer.channel, "_in_poll", None)


def unblock(consumer: Any) -> None:
    """End the BRPOP that Redis has not yet answered. Raises the broker's connection errors."""
    connection = blocked_connection(consumer)
    if not connection:
        return
    address = _address(connection)
    with consumer.task_consumer.channel.conn_or_acquire() as client:
        for entry in client.client_list():
            if entry["addr"] == address:
                client.client_unblock(int(entry["id"]))


def make_wakeable(hub: Any) -> None:
    """Have the event loop `hub` begin its next turn at once if another thread calls `call_soon()`.

    Must be called in the loop's thread. kombu 5.7 brought that; before, the loop goes on sleeping,
    for up to a second.
    """
    if hasattr(hub, "_waker"):
        return
    reader, writer = _wakeup()
    loop_thread = threading.get_ident()

    def call_soon(*arguments: Any) -> Any:
        promise = type(hub).call_soon(hub, *arguments)
        if threading.get_ident() != loop_thread:
            with contextlib.suppress(BlockingIOError):  # Enough to wake it are there already.
                writer.send(b"\0")
        return promise

    hub.call_soon = call_soon
    hub.add_reader(reader.fileno(), reader.recv, 4096)


@functools.cache
def _wakeup() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of what wakes the loop: the same ones after each lost connection."""
    reader, writer = socket.socketpair()
    writer.settimeout(0)
    return reader, writer


def say_offline(consumer: Any) -> None:
    """Tell monitors that this worker is gone, if it has told them that it is there."""
    if consumer.heart is not None:
        consumer.heart.stop()


def requeue_quietly() -> None:
    """Say nothing from now on of messages that arrive after the consumer has been cancelled.

    kombu puts each back into its queue, as it should, and warns that it was undeliverable.
    """
    logging.getLogger(kombu.transport.virtual.base.__name__).setLevel(logging.ERROR)


def _address(connection: Any) -> str:
    """Return the connection's own address as Redis writes it in CLIENT LIST."""
    host, port = connection._sock.getsockname()[:2]  # noqa: SLF001 - redis-py has no accessor.
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def visibility_timeout(consumer: Any) -> float | None:
    """Return the seconds after which Redis hands out again what is not acknowledged.

    None if the broker is another one.
    """
    channel = consumer.task_consumer.channel
    return channel.visibility_timeout if hasattr(channel, "unacked_index_key") else None


def renew_held(consumer: Any) -> None:
    """Have the visibility timeout of what the worker holds begin anew.

    Raises the broker's connection errors.
    """
    channel = consumer.task_consumer.channel
    # What runs may have come on an earlier connection.
    tags = [*channel.qos._delivered, *(one.message.delivery_tag for one in started_requests())]  # noqa: SLF001
    if tags:
        with channel.conn_or_acquire() as client:
            # Only what is still there: a task may be acknowledged at this moment.
            client.zadd(channel.unacked_index_key, dict.fromkeys(tags, time.time()), xx=True)


def revoke_ids(ids: list[str]) -> None:
    """Have the worker throw the tasks with these ids away when they come."""
    _state.revoked.update(ids)


def revoked_stamps() -> dict[str, list[str]]:
    """Return the stamps whose tasks are revoked, by header; a change counts at once."""
    stamps: dict[str, list[str]] = _state.revoked_stamps
    return stamps


def intercept_command(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """Have `handler` carry out the remote control command `name`; return what did so before.

    It is called with that function, the state that commands get, and the command's arguments.
    """
    command: Callable[..., Any] = Panel.data[name]
    Panel.data[name] = functools.partial(handler, command)
    return command


def run_command(consumer: Any, command: Callable[..., Any], **arguments: Any) -> Any:
    """Carry out a remote control command in the worker of `consumer`, and return its reply."""
    state = AttributeDict(app=consumer.app, hostname=consumer.hostname, consumer=consumer)
    return command(state, **arguments)


def is_told_to_stop() -> bool:
    """Tell whether this pool process has been told to end, and exits from within its task."""
    common: Any = billiard.common
    # billiard 4.3 brought the function, which returns what stands in the list.
    if hasattr(common, "terminate_handler_fired"):
        return bool(common.terminate_handler_fired())
    return bool(common._should_have_exited[0])  # noqa: SLF001


def remember_redis_version() -> None:
    """Have redis-py read its own version once.

    From version 7 on it reads it from the package's metadata again for each connection, which takes
    a tenth of the start of a worker.
    """
    # Here, as the web process imports this module, too, and does without this package's 50 ms.
    import redis.utils  # noqa: PLC0415

    redis.utils.get_lib_version = functools.cache(redis.utils.get_lib_version)


@contextmanager
def kept_client(consumer: Any) -> Iterator[None]:
    """Leave the broker's transport its Redis client when the block closes the connection.

    Closing a Redis channel that has unacknowledged messages fails once its transport has lost its
    client (https://github.com/celery/kombu/issues/582), and the acknowledgement of a task that is
    still running would fail the same way. Both would end the worker.
    """
    transport = consumer.connection.transport if consumer.connection else None
    client = getattr(transport, "client", None)
    try:
        yield
    finally:
        if transport is not None:
            transport.client = client


def restore_taken(channel: Any, *, taken_before: float) -> int:
    """Put back what workers took from Redis before a time (seconds since 1970); return how many.

    `channel` is one of kombu's for Redis.
    """
    # The newest first: each goes to the front of its queue, so the oldest is first again.
    # By this command, as older versions of kombu put the prefix of our keys before no ZRANGE.
    tags = channel.client.zrevrangebyscore(channel.unacked_index_key, taken_before, 0)
    for tag in tags:
        channel.qos.restore_by_tag(tag)
    return len(tags)
