"""Holds the sockets that outlive every web generation.

The supervisor's process binds them once and never reads from them. A generation accepts on them
until it retires. Between two generations the system keeps what comes.
"""

import contextlib
import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Sockets:
    """A listening socket, and a pair that idle connections are handed over through."""

    listening: socket.socket
    handing: socket.socket
    handed: socket.socket

    @classmethod
    def around(cls, listening: socket.socket) -> "Sockets":
        """Return the sockets for generations that accept on `listening`."""
        handing, handed = socket.socketpair()
        # Several generations may look at the same moment, and there is something for one only.
        for one in (listening, handing, handed):
            one.settimeout(0)
        return cls(listening, handing, handed)

    @classmethod
    def of_descriptors(cls, descriptors: list[int]) -> "Sockets":
        """Return the sockets that a generation has got under these numbers."""
        for descriptor in descriptors:
            # What a view starts must not hold the port.
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - takes no keyword.
        return cls(*(socket.socket(fileno=descriptor) for descriptor in descriptors))

    @property
    def descriptors(self) -> list[int]:
        """The numbers that `of_descriptors()` takes."""
        return [self.listening.fileno(), self.handing.fileno(), self.handed.fileno()]

    def hand_over(self, connection: socket.socket) -> bool:
        """Leave `connection` to the next generation; return False if that is not possible."""
        try:
            socket.send_fds(self.handing, [b"."], [connection.fileno()])
        except OSError:  # Too many are waiting.
            return False
        return True

    def take_over(self) -> tuple[socket.socket, object] | None:
        """Return a connection that was handed over, with its client's address, if there is one."""
        try:
            _, descriptors, _, _ = socket.recv_fds(self.handed, 1, 1)
        except BlockingIOError:
            return None
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            try:
                return connection, connection.getpeername()
            except OSError:  # Its client has gone.
                connection.close()
        return None

    def close(self) -> None:
        """Let go of them; the supervisor's copies stay open."""
        for one in (self.listening, self.handing, self.handed):
            with contextlib.suppress(OSError):
                one.close()
