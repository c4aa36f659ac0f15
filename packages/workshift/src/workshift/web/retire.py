"""Tells a web generation that it retires, and when it has nothing left to do."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator


class Retirement:
    """Tells every thread that waits that the generation retires; can be polled as a file can."""

    def __init__(self) -> None:
        """Begin before it."""
        self._reader, self._writer = os.pipe()
        self.has_begun = False

    def fileno(self) -> int:
        """Return a descriptor that becomes readable, and stays so."""
        return self._reader

    def begin(self) -> None:
        """Let everybody know; the thread that hears the supervisor calls this."""
        if not self.has_begun:
            self.has_begun = True
            # Never read, so that it is there for everybody. Closing would not do: a process that a
            # view has forked holds a copy.
            os.write(self._writer, b".")


class Activity:
    """Counts the connections, and those on which a request is being answered, or a stream sent."""

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = threading.Condition()
        self._connections = 0
        self._requests = 0
        self._streams = 0

    @property
    def requests(self) -> int:
        """How many requests are being answered with something that ends."""
        with self._changed:
            return self._requests - self._streams

    def connected(self) -> None:
        """Count a connection."""
        with self._changed:
            self._connections += 1

    def disconnected(self) -> None:
        """Count one less."""
        with self._changed:
            self._connections -= 1
            self._changed.notify_all()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Count a request for as long as the block lasts."""
        with self._changed:
            self._requests += 1
        try:
            yield
        finally:
            with self._changed:
                self._requests -= 1

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Count a request as a stream for as long as the block lasts."""
        with self._changed:
            self._streams += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._streams -= 1

    def wait(self, grace: float) -> None:
        """Return when no connection is left, but for streams that last longer than `grace` s."""
        deadline = time.monotonic() + grace
        with self._changed:
            while self._connections > self._streams:
                self._changed.wait()
            while self._connections and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
