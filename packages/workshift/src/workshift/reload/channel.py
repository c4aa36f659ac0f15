"""Carries messages between the supervisor, the zygote and the generations."""

import contextlib
import select
import socket
import threading

from .messages import Message, decode, encode

_READ_SIZE = 65536

# Descriptors that can come at once: a request to fork brings one, and few requests are read together.
_MOST_DESCRIPTORS = 8


class ChannelClosedError(Exception):
    """The process at the other end is gone."""


class Channel:
    """One end of a socket pair that carries messages in both directions."""

    def __init__(self, connection: socket.socket) -> None:
        """Use `connection` from now on; the channel closes it."""
        self._socket = connection
        # Threads of a generation send, too, and a long line may go out in several pieces.
        self._sending = threading.Lock()
        self._unread = b""
        # Open files that have come with messages, in their order; who receives takes them out.
        self.descriptors: list[int] = []

    def fileno(self) -> int:
        """Return the descriptor, so that an event loop or `select()` can watch the channel."""
        return self._socket.fileno()

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Send `message`, and `descriptors` (open files) with it; any thread may.

        Raises `ChannelClosedError` if nobody is left to read it.
        """
        line = encode(message)
        try:
            with self._sending:
                if descriptors:
                    sent = socket.send_fds(self._socket, [line], list(descriptors))
                    line = line[sent:]
                self._socket.sendall(line)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChannelClosedError from error

    def send_unless_closed(self, message: Message) -> None:
        """Send `message`, to nobody if the other end is gone; any thread may."""
        with contextlib.suppress(ChannelClosedError):
            self.send(message)

    def wait(self) -> None:
        """Return when `receive()` would not have to wait."""
        select.select([self._socket], [], [])

    def readable(self) -> bool:
        """Tell whether `receive()` would return or raise at once."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def receive(self) -> list[Message]:
        """Wait until something has come and return the messages that are complete, if any.

        Raises `ChannelClosedError` when the other end is closed and all of it has been read, and
        `MessageError` if what has come is no message.
        """
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _READ_SIZE, _MOST_DESCRIPTORS)
        except ConnectionResetError as error:
            raise ChannelClosedError from error
        if not data:
            raise ChannelClosedError
        self.descriptors += descriptors
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [decode(line) for line in lines]

    def close(self) -> None:
        """Close this end; the other end reads the end of the stream."""
        self._socket.close()
