"""Retires a generation: it stops taking tasks at once, and ends when its last one is done.

`reload/supervisor.py` says when.

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
from kombu.message import Message

from ..celery.give_back import attempt, give_back_waiting
from ..celery.internals import (
    ask_to_stop,
    blocked_connection,
    make_wakeable,
    requeue_quietly,
    say_offline,
    started_requests,
    unblock,
)
from ..reload import messages
from ..reload.channel import Channel, ChannelClosedError
from ..reload.stopping import ABANDONED, GIVE_BACK
from .give_back import give_back_running
from .missing_tasks import MissingTasks
from .remote_control import Notes, RemoteControl

logger = get_logger(__name__)


class Retirement:
    """The worker's side of `retire`: listens for it and carries it out in the event loop."""

    def __init__(self, channel: Channel) -> None:
        """Listen on `channel`, which the supervisor holds the other end of."""
        self._channel = channel
        self._reading = threading.Lock()
        self._remote_control = RemoteControl(channel)
        self._missing = MissingTasks(channel)
        self._notes: Notes | None = None  # that are not yet obeyed; None until the first come
        self._requested = False
        self._begun = False
        self._may_leave = False
        self._consumer: Any = None
        self._before: list[Callable[[], None]] = []

    def listen(self) -> None:
        """Ask what earlier generations knew; then start the thread that hears the supervisor."""
        try:
            self._channel.send(messages.Listening())
            while self._notes is None:
                self._channel.wait()
                self._read()
        except ChannelClosedError:
            self._abandoned()
        threading.Thread(target=self._listen, name="retirement", daemon=True).start()

    def before(self, callback: Callable[[], None]) -> None:
        """Call `callback` in the event loop when the generation begins to retire."""
        self._before.append(callback)

    @property
    def requested(self) -> bool:
        """Whether the generation has been told to retire; true as soon as the word is there."""
        # The listening thread may not have had its turn yet, and sees the end of the channel.
        with contextlib.suppress(ChannelClosedError):
            self._read()
        return self._requested

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
                make_wakeable(hub)
                hub.on_tick.add(retirement.tick)

        return Retire

    def connected(self, consumer: Any) -> None:
        """Guard `consumer`, which is about to take tasks, also after a lost connection."""
        self._begun = False
        self._missing.guard(consumer)
        # In the loop's first turn: before it asks for a task, after Celery's own set-up.
        consumer.call_soon(self._obey_notes, consumer)
        consumer.call_soon(self._guard, consumer)
        self._consumer = consumer

    def disconnected(self) -> None:
        """Note that the consumer has stopped or is looking for its broker."""
        self._consumer = None
        self._missing.forget()

    def tick(self) -> None:
        """End the worker once it has retired and nothing is left to do (each turn of the loop)."""
        if (
            self._begun
            and self._may_leave
            and not started_requests()
            and (self._consumer is None or not blocked_connection(self._consumer))
        ):
            raise WorkerShutdown(EX_OK)

    def _listen(self) -> None:
        try:
            while True:
                self._channel.wait()
                self._read()
        except ChannelClosedError:
            self._abandoned()
        except messages.MessageError:
            # Whoever does not hear any more when to retire would run old code.
            logger.critical("What the supervisor says is not understood.", exc_info=True)
            self._abandoned()

    def _read(self) -> None:
        """Obey what has come, in whichever thread sees it first."""
        with self._reading:
            if self._channel.readable():
                for message in self._channel.receive():
                    self._obey(message)

    def _obey(self, message: messages.Message) -> None:
        match message:
            case messages.Inherit(tasks, notes):
                self._missing.known.update(tasks)
                self._take_note(notes)
            case messages.Noted(notes):
                self._take_note(notes)
            case messages.Retire():
                self._retire()
            case messages.Leave():
                self._may_leave = True
                self._retire()
            case messages.Stop():
                self._requested = True
                self._stop_now()
            case _:
                raise messages.MessageError(f"{message} is not for a generation.")

    def _take_note(self, notes: Notes) -> None:
        self._notes = (self._notes or {}) | notes
        if self._consumer is not None:
            self._consumer.call_soon(self._obey_notes, self._consumer)

    def _retire(self) -> None:
        self._requested = True
        if self._consumer is not None:
            self._consumer.call_soon(self._begin)
        else:
            # Not in its event loop yet, or waiting for the broker: Celery looks at this flag in
            # both places.
            ask_to_stop(EX_OK)

    def _obey_notes(self, consumer: Any) -> None:
        notes, self._notes = self._notes or {}, {}
        self._remote_control.obey(consumer, notes)

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
            attempt(callback)
        requeue_quietly()
        attempt(consumer.task_consumer.cancel)
        attempt(give_back_waiting, consumer)
        attempt(self._missing.give_back, consumer)
        running = len(started_requests())
        self._channel.send_unless_closed(messages.Retiring(running))
        if consumer.hub is None:
            # gevent and eventlet have no event loop to wait in; warm shutdown joins their pool.
            ask_to_stop(EX_OK)
        else:
            attempt(self._unblock, consumer)

    def _unblock(self, consumer: Any) -> None:
        """End the outstanding BRPOP now; if that fails, the loop waits up to 1 s for it.

        What it may deliver all the same is rejected back into the queue by kombu, as the
        consumer is cancelled.
        """
        try:
            unblock(consumer)
        except (*consumer.connection_errors, *consumer.channel_errors, OSError) as error:
            logger.debug("The waiting BRPOP was not ended early: %r", error)

    def _abandoned(self) -> None:
        """Stop consuming, give the tasks back and end: the supervisor is gone without a word."""
        self._requested = True
        if self._consumer is not None:
            self._consumer.call_soon(self._begin)
            deadline = time.monotonic() + ABANDONED
            while time.monotonic() < deadline and not (
                self._begun and not blocked_connection(self._consumer)
            ):
                time.sleep(0.01)
        self._stop_now()

    def _stop_now(self) -> NoReturn:
        """Give all tasks back, the running ones too, and end this generation at once."""
        # Whatever happens to the rest: a generation that stayed would hold the terminal for ever.
        limit = threading.Timer(GIVE_BACK, _kill_own_group)
        limit.daemon = True
        try:
            # When the interpreter is ending no thread starts any more, and no task is left.
            limit.start()
            if self._consumer is not None:
                attempt(give_back_waiting, self._consumer)
                attempt(self._missing.give_back, self._consumer)
                self._channel.send_unless_closed(give_back_running(self._consumer))
                attempt(say_offline, self._consumer)
        finally:
            _kill_own_group()


def _kill_own_group() -> NoReturn:
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # Not reached.
