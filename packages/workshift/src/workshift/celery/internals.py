"""The private names of Celery, kombu, billiard and redis-py that this project relies on.

Any new version may change them. They are used only here, and `tests/test_celery_internals.py` tests
each of them: after an upgrade, it shows what is missing.
"""

import contextlib
import functools
import heapq
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import billiard.common
import kombu.transport.virtual.base
from celery import Celery
from celery import _state as celery_apps
from celery.utils.collections import AttributeDict
from celery.worker import state as celery_state
from celery.worker.control import Panel
from celery.worker.request import Request
from django.apps import apps

# celery-types does not know all of it.
_state: Any = celery_state
_apps: Any = celery_apps


def made_apps() -> list[Celery]:
    """Return the Celery apps that this process has created, except Celery's own fallback."""
    return [app for app in _apps._get_active_apps() if app.main != "default"]  # noqa: SLF001


# New in Celery 5.7; before, tasks that wait for their ETA are only in the timer.
_scheduled_requests: Any = getattr(_state, "scheduled_requests", set())


def limits() -> list[str]:
    """Return a sentence for each thing that the reload cannot do with the installed versions."""
    # Imported here because only `runworker` needs it, and only Linux has it.
    try:
        from watchdog.observers import inotify_c  # noqa: PLC0415
    except ImportError:
        return []
    if hasattr(inotify_c, "InotifyFD"):  # New in watchdog 7.
        return []
    sentence = (
        "watchdog before version 7 takes one of the system's inotify instances for each folder "
        "(fs.inotify.max_user_instances, usually 128); if none is left, files are checked twice a "
        "second."
    )
    return [sentence]


def started_requests() -> list[Any]:
    """Return the worker's reserved requests; after `take_waiting()`, only the running ones."""
    return list(_state.reserved_requests)


def take_waiting(consumer: Any) -> list[Any]:
    """Remove from the worker, and return, the requests that it has reserved but not started.

    They wait for their ETA, their rate limit or a free pool process. They are compared by identity,
    because the timer also holds dead weak references, which cannot be hashed.
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
    # Pools without an event loop have no semaphore.
    semaphore = getattr(consumer.controller, "semaphore", None)
    if semaphore is not None:
        for _, arguments, *_ in semaphore._waiting:  # noqa: SLF001
            waiting[id(arguments[0])] = arguments[0]
        semaphore._waiting.clear()  # noqa: SLF001 - semaphore.clear() would also free running ones.
    for request in waiting.values():
        _scheduled_requests.discard(request)
        _state.reserved_requests.discard(request)
    return list(waiting.values())


def pool_processes(consumer: Any) -> list[int]:
    """Return the ids of the pool's processes: none if tasks run in the worker itself."""
    return list(consumer.pool.info.get("processes", ()))


def ask_to_stop(code: int) -> None:
    """Make the worker exit with `code`, even while it boots or waits for its broker."""
    _state.should_stop = code


def blocked_connection(consumer: Any) -> Any:
    """Return the connection on which Redis may still answer a BRPOP, or None."""
    if consumer.task_consumer is None:
        return None
    return getattr(consumer.task_consumer.channel, "_in_poll", None)


def unblock(consumer: Any) -> None:
    """End the BRPOP that Redis has not answered yet. Raises the broker's connection errors."""
    connection = blocked_connection(consumer)
    if not connection:
        return
    address = _address(connection)
    with consumer.task_consumer.channel.conn_or_acquire() as client:
        for entry in client.client_list():
            if entry["addr"] == address:
                client.client_unblock(int(entry["id"]))


def end_poll(consumer: Any) -> None:
    """End the BRPOP as `unblock()` does, and read its answer, outside the event loop.

    A message that Redis has sent already goes back into its queue, as the consumer is cancelled.
    Raises the broker's connection errors.
    """
    if blocked_connection(consumer):
        unblock(consumer)
        with contextlib.suppress(Empty):
            consumer.task_consumer.channel._brpop_read()  # noqa: SLF001


def make_wakeable(hub: Any) -> None:
    """Wake the event loop `hub` at once when another thread calls `call_soon()`.

    Call this in the loop's thread. kombu 5.7 does it itself; before, the loop sleeps on, for up to
    a second.
    """
    if hasattr(hub, "_waker"):
        return
    reader, writer = _wakeup()
    loop_thread = threading.get_ident()

    def call_soon(*arguments: Any) -> Any:
        promise = type(hub).call_soon(hub, *arguments)
        if threading.get_ident() != loop_thread:
            with contextlib.suppress(BlockingIOError):  # A full buffer wakes it as well.
                writer.send(b"\0")
        return promise

    hub.call_soon = call_soon
    hub.add_reader(reader.fileno(), reader.recv, 4096)


@functools.cache
def _wakeup() -> tuple[socket.socket, socket.socket]:
    """Return the socket pair that wakes the loop, always the same one."""
    reader, writer = socket.socketpair()
    writer.settimeout(0)
    return reader, writer


def forget_cancelled(timer: Any) -> None:
    """Take what is cancelled out of kombu's timer. Call this in the thread of its event loop."""
    queue = timer._queue  # noqa: SLF001 - kombu has only a sorted copy of it.
    kept = [scheduled for scheduled in queue if not scheduled.entry.canceled]
    heapq.heapify(kept)
    # In place: the loop holds the list.
    queue[:] = kept


def say_offline(consumer: Any) -> None:
    """Tell monitors that this worker is offline, if it has told them that it is online."""
    if consumer.heart is not None:
        consumer.heart.stop()


def requeue_quietly() -> None:
    """Do not log messages that arrive after the consumer is cancelled.

    kombu correctly returns each to its queue, but warns that it was undeliverable.
    """
    logging.getLogger(kombu.transport.virtual.base.__name__).setLevel(logging.ERROR)


def _address(connection: Any) -> str:
    """Return the connection's own address as CLIENT LIST shows it."""
    host, port = connection._sock.getsockname()[:2]  # noqa: SLF001 - redis-py has no accessor.
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def visibility_timeout(consumer: Any) -> float | None:
    """Return the seconds after which Redis redelivers an unacknowledged task.

    None if the broker is not Redis.
    """
    channel = consumer.task_consumer.channel
    return channel.visibility_timeout if hasattr(channel, "unacked_index_key") else None


def renew_held(consumer: Any) -> None:
    """Restart the visibility timeout of the tasks that the worker holds.

    Raises the broker's connection errors.
    """
    channel = consumer.task_consumer.channel
    # A running task may have come on an earlier connection.
    tags = [*channel.qos._delivered, *(one.message.delivery_tag for one in started_requests())]  # noqa: SLF001
    if tags:
        with channel.conn_or_acquire() as client:
            # Update only: a task may be acknowledged at this moment.
            client.zadd(channel.unacked_index_key, dict.fromkeys(tags, time.time()), xx=True)


@functools.cache
def skip_unreadable(log: Callable[[Any, Exception], None]) -> None:
    """Make kombu's Redis transport skip what is not a message, and `log` it with the error.

    By itself it raises the error, which ends the worker.
    """
    # Imported here to save web processes 50 ms.
    from kombu.transport import redis  # noqa: PLC0415

    transport: Any = redis  # Its types do not know what it imports.
    loads, kombu_message = transport.loads, transport.Channel.Message

    def loads_or_skips(text: Any) -> Any:
        try:
            return loads(text)
        except Exception as error:
            log(text, error)
            # To kombu: nothing has arrived.
            raise Empty from error

    class Message(kombu_message):  # type: ignore[misc, valid-type]  # Known only at run time.
        def __init__(self, payload: Any, *arguments: Any, **options: Any) -> None:
            try:
                super().__init__(payload, *arguments, **options)
                _require_text(self)
            except Exception as error:
                log(payload, error)
                raise Empty from error

    transport.loads, transport.Channel.Message = loads_or_skips, Message


def _require_text(message: Any) -> None:
    """Raise TypeError unless the message has a body, and what is noted until it is acknowledged."""
    noted = {
        "body": message.body,
        "delivery_tag": message.delivery_tag,
        "exchange": message.delivery_info.get("exchange"),
        "routing_key": message.delivery_info.get("routing_key"),
    }
    for name, value in noted.items():
        if not isinstance(value, str | bytes):
            raise TypeError(f"its {name} is {value!r:.100}")


@functools.cache
def censor_settings(censor: Callable[[Any], Any]) -> None:
    """Make Celery `censor` the settings that `celery report` and `inspect conf` show.

    It hides the broker's password, but only under the name that the setting has without Django.
    """
    from celery.app import utils  # noqa: PLC0415

    hide = utils.filter_hidden_settings
    vars(utils)["filter_hidden_settings"] = lambda settings: censor(hide(settings))


def revoke_ids(ids: list[str]) -> None:
    """Make the worker discard the tasks with these ids when they arrive."""
    _state.revoked.update(ids)


def revoked_stamps() -> dict[str, list[str]]:
    """Return the stamps whose tasks are revoked, by header; changes take effect at once."""
    stamps: dict[str, list[str]] = _state.revoked_stamps
    return stamps


def intercept_command(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """Make `handler` run the remote control command `name`; return the previous handler.

    `handler` gets the previous one, the state that commands get, and the command's arguments.
    """
    command: Callable[..., Any] = Panel.data[name]
    Panel.data[name] = functools.partial(handler, command)
    return command


def run_command(consumer: Any, command: Callable[..., Any], **arguments: Any) -> Any:
    """Run a remote control command in the worker of `consumer` and return its reply."""
    state = AttributeDict(app=consumer.app, hostname=consumer.hostname, consumer=consumer)
    return command(state, **arguments)


def is_told_to_stop() -> bool:
    """Tell whether this pool process was told to exit, which it does from within its task."""
    common: Any = billiard.common
    # The function is new in billiard 4.3; it returns the item of that list.
    if hasattr(common, "terminate_handler_fired"):
        return bool(common.terminate_handler_fired())
    return bool(common._should_have_exited[0])  # noqa: SLF001


def remember_redis_version() -> None:
    """Make redis-py read its own version only once.

    Since version 7 it reads it from the package's metadata for each connection, which takes a tenth
    of a worker's start.
    """
    # Imported here because the web process imports this module, too, and can save these 50 ms.
    import redis.utils  # noqa: PLC0415

    redis.utils.get_lib_version = functools.cache(redis.utils.get_lib_version)


def load_configuration(app: Celery) -> None:
    """Make the app read its settings, and call whoever waits for that."""
    # Asking for any of them does.
    _ = app.conf.imports


def set_django_up_once() -> None:
    """Keep Celery from setting Django up anew in each worker: that also sets up its logging.

    It takes as long as the project's edited modules do.
    """
    # Imported here because web processes import this module, too, and need none of it.
    from celery.fixups import django as module  # noqa: PLC0415

    fixups: Any = module
    set_up: Callable[..., None] = fixups.DjangoWorkerFixup.django_setup

    def django_setup(fixup: Any) -> None:
        if not apps.ready:
            set_up(fixup)

    fixups.DjangoWorkerFixup.django_setup = django_setup


def trace_on_demand() -> None:
    """Make Celery build what runs a task when the task runs first.

    It builds that for each task at each start, in the worker and again in each process of its pool,
    which takes a tenth of a second for a thousand tasks.
    """
    # Imported here because web processes import this module, too, and need none of it.
    from celery.app import trace  # noqa: PLC0415
    from celery.worker.consumer import consumer  # noqa: PLC0415

    build: Callable[..., Any] = trace.build_tracer

    def build_tracer(*arguments: Any, **options: Any) -> Callable[..., Any]:
        tracer: Callable[..., Any] | None = None

        def run(*of_request: Any) -> Any:
            nonlocal tracer
            if tracer is None:
                tracer = build(*arguments, **options)
            return tracer(*of_request)

        return run

    # Where the pool's processes and the worker look for it.
    for module in (trace, consumer):
        vars(module)["build_tracer"] = build_tracer


# By app, who had been told that it is finalized, before the last modules were imported.
_told: dict[int, list[Any]] = {}


def remember_finalized(app: Celery) -> None:
    """Remember whom the app has told that all tasks are made: more may want to know later."""
    _told[id(app)] = _receivers(app)


def make_tasks(app: Celery) -> None:
    """Make the tasks that are known, and what stores results, in a process that is to be forked.

    Tasks of modules that are imported later are made then. Each process that is forked has to call
    `call_late_receivers()`.
    """
    app.finalize()
    remember_finalized(app)
    # It looks through all installed packages; it connects when there is a result.
    remember_redis_version()
    _ = app.backend


def call_late_receivers(app: Celery) -> None:
    """Tell those who have asked since `remember_finalized()`; nobody if that was not called."""
    if id(app) not in _told:
        return
    told = _told.pop(id(app))
    for receiver in _receivers(app):
        if receiver not in told:
            try:
                receiver(sender=app, signal=app.on_after_finalize)
            except Exception:
                # As Celery does.
                logging.getLogger(__name__).exception("Signal handler %r raised", receiver)


def _receivers(app: Celery) -> list[Any]:
    signal: Any = app.on_after_finalize
    return list(signal._live_receivers(app))  # noqa: SLF001 - Celery has no other list.


@contextmanager
def kept_client(consumer: Any) -> Iterator[None]:
    """Keep the transport's Redis client while the block closes the connection.

    Without it, closing a Redis channel with unacknowledged messages fails
    (https://github.com/celery/kombu/issues/582), and so does acknowledging a task that is still
    running. Either would end the worker.
    """
    transport = consumer.connection.transport if consumer.connection else None
    client = getattr(transport, "client", None)
    try:
        yield
    finally:
        if transport is not None:
            transport.client = client


def restore_taken(channel: Any, *, taken_before: float) -> int:
    """Requeue the tasks that workers took before a time (seconds since 1970); return how many.

    `channel` is a kombu channel for Redis.
    """
    # Imported here to save web processes 50 ms.
    import redis  # noqa: PLC0415

    # Not kombu's client: it adds the key prefix to different commands in each version.
    client = redis.Redis(connection_pool=channel.client.connection_pool)
    key = f"{channel.global_keyprefix}{channel.unacked_index_key}"
    # The newest first: each goes to the front of its queue, so the oldest ends up first.
    tags = client.zrange(key, taken_before, 0, desc=True, byscore=True)
    for tag in tags:
        channel.qos.restore_by_tag(tag)
    return len(tags)
