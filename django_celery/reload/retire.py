"""Retiring: how a generation stops taking tasks at once, and ends when its last one is done.

Celery's warm shutdown alone is not enough. Redis serves the client that has waited longest, so
the worker's outstanding BRPOP (up to 1 s) would catch the first task sent after a save and keep
it until the worker exits, behind whatever it is running.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from celery import bootsteps
from celery.exceptions import WorkerShutdown
from celery.platforms import EX_OK
from celery.utils.log import get_logger
from celery.worker import state as celery_state
from kombu.message import Message

from .channel import Channel, ChannelClosedError

logger = get_logger(__name__)

# celery-types does not know all of it.
state: Any = celery_state

# Seconds that an abandoned generation gets to stop consuming before it gives its tasks back.
_ABANDONED_GRACE = 0.5

# Seconds for giving the tasks back when the generation has to end at once.
_GIVE_BACK_LIMIT = 1.0


class Retirement:
    """The worker's side of `retire`: listens for it and carries it out in the event loop."""

    def __init__(self, channel: Channel) -> None:
        """Listen on `channel`, which the supervisor holds the other end of."""
        self._channel = channel
        self._requested = False
        self._begun = False
        self._consumer: Any = None
        self._before: list[Callable[[], None]] = []

    def listen(self) -> None:
        """Start the thread that waits for the supervisor's word, or for its end."""
        threading.Thread(target=self._listen, name="retirement", daemon=True).start()

    def before(self, callback: Callable[[], None]) -> None:
        """Call `callback` in the event loop when the generation begins to retire."""
        self._before.append(callback)

    @property
    def requested(self) -> bool:
        """Whether the generation has been told to retire; true as soon as the word is there."""
        # The listening thread may not have had its turn yet: look at the channel itself.
        return self._requested or self._channel.readable()

    def bootstep(self) -> type[bootsteps.StartStopStep]:
        """Return the consumer bootstep that connects this object with the worker."""
        retirement = self

        class Retire(bootsteps.StartStopStep):
            requires = ("celery.worker.consumer.tasks:Tasks",)

            def start(self, consumer: Any) -> None:
                retirement.connected(consumer)

            def stop(self, consumer: Any) -> None:  # noqa: ARG002 - Celery's signature.
                retirement.disconnected()

            def register_with_event_loop(self, consumer: Any, hub: Any) -> None:  # noqa: ARG002
                hub.on_tick.add(retirement.tick)

        return Retire

    def connected(self, consumer: Any) -> None:
        """Guard `consumer`, which is about to take tasks, also after a lost connection."""
        self._begun = False
        # In the loop's first turn: before it asks for a task, after Celery's own set-up.
        consumer.call_soon(self._guard, consumer)
        self._consumer = consumer

    def disconnected(self) -> None:
        """Note that the consumer has stopped or is looking for its broker."""
        self._consumer = None

    def tick(self) -> None:
        """End the worker once it has retired and nothing is left to do (each turn of the loop)."""
        if self._begun and not state.reserved_requests and not self._blocked_connection():
            raise WorkerShutdown(EX_OK)

    def _listen(self) -> None:
        try:
            while True:
                for message in self._channel.receive():
                    self._obey(message)
        except ChannelClosedError:
            self._abandoned()

    def _obey(self, message: dict[str, Any]) -> None:
        self._requested = True
        if "stop" in message:
            self._stop_now()
        if self._consumer is not None:
            self._consumer.call_soon(self._begin)
        else:
            # Not in its event loop yet, or waiting for the broker: Celery looks at this flag in
            # both places.
            state.should_stop = EX_OK

    def _guard(self, consumer: Any) -> None:
        receive = consumer.task_consumer.on_message

        def receive_unless_retiring(message: Message) -> None:
            if self.requested:
                self._begin()
                message.reject_log_error(logger, consumer.connection_errors, requeue=True)
            else:
                receive(message)

        consumer.task_consumer.on_message = receive_unless_retiring
        if self.requested:
            self._begin()

    def _begin(self) -> None:
        if self._begun or self._consumer is None:
            return
        self._begun = True
        consumer = self._consumer
        for callback in self._before:
            callback()
        consumer.task_consumer.cancel()
        _give_back_waiting_tasks(consumer)
        with contextlib.suppress(ChannelClosedError):  # The supervisor is gone.
            self._channel.send({"event": "retiring", "running": len(state.reserved_requests)})
        if consumer.hub is None:
            # gevent and eventlet have no event loop to wait in; warm shutdown joins their pool.
            state.should_stop = EX_OK
        else:
            self._unblock(consumer)

    def _blocked_connection(self) -> Any:
        """Return the connection on which Redis may still answer a BRPOP, or None."""
        if self._consumer is None or self._consumer.task_consumer is None:
            return None
        return getattr(self._consumer.task_consumer.channel, "_in_poll", None)

    def _unblock(self, consumer: Any) -> None:
        """End the outstanding BRPOP now; where that fails, the loop waits up to 1 s for it.

        What it may deliver all the same is rejected back into the queue by kombu, as the
        consumer is cancelled.
        """
        connection = self._blocked_connection()
        if not connection:
            return
        channel = consumer.task_consumer.channel
        try:
            address = _address(connection)
            with channel.conn_or_acquire() as client:
                for entry in client.client_list():
                    if entry["addr"] == address:
                        client.client_unblock(int(entry["id"]))
        except (*consumer.connection_errors, *consumer.channel_errors, OSError) as error:
            logger.debug("The waiting BRPOP was not ended early: %r", error)

    def _abandoned(self) -> None:
        """Stop consuming, give the tasks back and end: the supervisor is gone without a word."""
        self._requested = True
        if self._consumer is not None:
            self._consumer.call_soon(self._begin)
            deadline = time.monotonic() + _ABANDONED_GRACE
            while time.monotonic() < deadline and not (
                self._begun and not self._blocked_connection()
            ):
                time.sleep(0.01)
        self._stop_now()

    def _stop_now(self) -> NoReturn:
        """Give all tasks back, the running ones too, and end this generation at once.

        Celery's cold shutdown does the same in a second or two, which is too long for somebody
        who has pressed Ctrl-C, and needs its event loop, which a busy solo worker has not got.
        """
        # Whatever happens to the rest: a generation that stayed would hold the terminal for ever.
        limit = threading.Timer(_GIVE_BACK_LIMIT, _kill_own_group)
        limit.daemon = True
        limit.start()
        try:
            self._give_everything_back()
        finally:
            _kill_own_group()

    def _give_everything_back(self) -> None:
        if self._consumer is None:
            return
        # First, so that no task ends well after it has been given back.
        processes = self._consumer.pool.info.get("processes", ())
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        requests = [*state.reserved_requests, *state.scheduled_requests]
        for request in requests:
            request.message.reject_log_error(logger, self._consumer.connection_errors, requeue=True)
        # Not where tasks run in this very process: they go on until it is killed.
        if processes:
            for request in requests:
                _tell_task(request)


def _tell_task(request: Any) -> None:
    """Call `given_back` of a task that has it, with its arguments: its process is gone."""
    given_back = getattr(request.task, "given_back", None)
    if given_back is None:
        return
    try:
        given_back(*request.args, **request.kwargs)
    except Exception:
        logger.exception("%s could not be told that it was given back.", request.name)


def _kill_own_group() -> NoReturn:
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # Not reached.


def _address(connection: Any) -> str:
    """Return the connection's own address as Redis writes it in CLIENT LIST."""
    host, port = connection._sock.getsockname()[:2]  # noqa: SLF001 - redis-py has no accessor.
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _give_back_waiting_tasks(consumer: Any) -> None:
    """Put back into the queue what is reserved but not started.

    That is tasks that wait for their ETA, for their rate limit, or for a free pool process.
    """
    waiting = set(state.scheduled_requests)
    for entry in [scheduled.entry for scheduled in consumer.timer.queue]:
        if entry.args and entry.args[0] in waiting:
            entry.cancel()
    for bucket in consumer.task_buckets.values():
        if bucket is not None:
            waiting.update(request for request, _ in bucket.contents)
            bucket.clear_pending()
    semaphore = getattr(consumer.controller, "semaphore", None)
    if semaphore is not None:
        # A callback with its arguments each, of which the request is the only one.
        waiting.update(arguments[0] for _, arguments in semaphore._waiting)  # noqa: SLF001
        semaphore._waiting.clear()  # noqa: SLF001 - clear() would also free what is running.
    for request in waiting:
        request.reject(requeue=True)
        state.scheduled_requests.discard(request)
        state.reserved_requests.discard(request)
