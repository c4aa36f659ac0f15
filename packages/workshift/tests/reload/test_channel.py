"""The channel alone, and the generation's thread that listens to it: messages come in pieces."""

import queue
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery.worker.control import Panel

from tests.reload.project import PATIENCE, eventually
from workshift.reload.channel import Channel
from workshift.reload.messages import Inherit, Retire, Stopped, encode
from workshift.worker.retire import Retirement


class Consumer:
    """Stands in for a worker's consumer, and remembers what its loop was asked to call."""

    on_unknown_task = None

    def __init__(self) -> None:
        self.calls: queue.Queue[str] = queue.Queue()

    def call_soon(self, function: Any, *_: Any) -> None:
        self.calls.put(function.__name__)


def test_messages_of_several_threads_stay_whole() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    long = "x" * 10**6
    received: list[Any] = []
    with ThreadPoolExecutor(4) as threads:
        for number in range(20):
            threads.submit(theirs.send, Stopped(number, 0, [long]))
        try:
            while len(received) < 20:
                received += ours.receive()
        finally:
            ours.close()
    received.sort(key=lambda message: message.back)
    assert received == [Stopped(number, 0, [long]) for number in range(20)]


class Listener(Retirement):
    """Notes its supervisor's end like everything else, and does not end this process with it."""

    def _abandoned(self) -> None:
        self._consumer.call_soon(self._abandoned)


def test_a_generation_hears_a_message_that_comes_in_two_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Remote control is that of this process.
    monkeypatch.setattr(Panel, "data", dict(Panel.data))
    ours, theirs = socket.socketpair()
    consumer = Consumer()
    channel = Channel(theirs)
    retirement = Listener(channel)
    ours.sendall(encode(Inherit([], {})))
    retirement.listen()
    retirement.connected(consumer)
    with ours:
        line = encode(Retire())
        ours.sendall(line[:5])
        eventually(lambda: not channel.readable(), "the first piece is read")
        ours.sendall(line[5:])
        calls = [consumer.calls.get(timeout=PATIENCE) for _ in range(3)]
    assert calls == ["_obey_notes", "_guard", "_begin"]
    assert consumer.calls.get(timeout=PATIENCE) == "_abandoned"


def test_a_generation_that_does_not_understand_the_supervisor_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It would not hear either when to retire, and run old code."""
    monkeypatch.setattr(Panel, "data", dict(Panel.data))
    ours, theirs = socket.socketpair()
    consumer = Consumer()
    retirement = Listener(Channel(theirs))
    ours.sendall(encode(Inherit([], {})))
    retirement.listen()
    retirement.connected(consumer)
    with ours:
        ours.sendall(b'{"type": "Surprise"}\n')
        calls = [consumer.calls.get(timeout=PATIENCE) for _ in range(3)]
    assert calls == ["_obey_notes", "_guard", "_abandoned"]
    assert "What the supervisor says is not understood." in caplog.text
    assert "Surprise" in caplog.text
