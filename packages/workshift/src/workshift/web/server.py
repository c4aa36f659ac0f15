"""Serves HTTP as Django's development server does, on sockets that outlive it, and retires.

From the moment of retirement no request is begun: a connection that waits for one is handed over to
the next generation, with whatever its client may have sent meanwhile, so no answer is lost.
"""

import contextlib
import io
import select
import socket
from typing import Any

from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, WSGIServer

from . import live_page
from .retire import Activity, Retirement
from .sockets import Sockets


class Server(WSGIServer):
    """Accepts connections until its generation retires."""

    def __init__(
        self,
        sockets: Sockets,
        host: str,
        port: int,
        retirement: Retirement,
        **options: Any,
    ) -> None:
        """Serve on `sockets`, which listen at `host` and `port`."""
        super().__init__((host, port), _Handler, bind_and_activate=False, **options)
        self.socket.close()
        self.socket = sockets.listening
        self.sockets = sockets
        self.server_name, self.server_port = host, port
        self.setup_environ()
        self.retirement = retirement
        self.activity = Activity()
        # handle_request() is called when there is something to accept.
        self.timeout = 0
        self._left: set[socket.socket] = set()

    def serve(self) -> None:
        """Accept connections until the generation retires; from then on none."""
        sources = select.poll()
        for source in (self.socket, self.sockets.handed, self.retirement):
            sources.register(source, select.POLLIN)
        while not self.retirement.has_begun:
            ready = {descriptor for descriptor, _ in sources.poll()}
            if self.socket.fileno() in ready and not self.retirement.has_begun:
                self.handle_request()
            if self.sockets.handed.fileno() in ready and not self.retirement.has_begun:
                self._take_over()
        self.sockets.listening.close()
        self.sockets.handed.close()

    def leave(self, connection: socket.socket) -> bool:
        """Leave `connection` to the next generation; return False if that is not possible."""
        if not self.sockets.hand_over(connection):
            return False
        self._left.add(connection)
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a connection until it is closed, or handed over."""
        self.activity.connected()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close our copy of a connection; if it was handed over, only that."""
        try:
            if request in self._left:
                self._left.discard(request)
                self.close_request(request)
            else:
                super().shutdown_request(request)
        finally:
            self.activity.disconnected()

    def _take_over(self) -> None:
        taken = self.sockets.take_over()
        if taken is not None:
            connection, client = taken
            try:
                self.process_request(connection, client)
            except Exception:  # noqa: BLE001 - as socketserver does for what it accepts.
                self.handle_error(connection, client)
                self.shutdown_request(connection)


class ThreadedServer(Server, ThreadedWSGIServer):
    """Answers each connection in a thread of its own."""

    def close_request(self, request: Any) -> None:
        """Close the connection, and those of the thread to the database, if there can be any."""
        if settings.configured:
            super().close_request(request)
        else:
            request.close()


class _Gate(io.RawIOBase):
    """A connection to read from, which can be shut: then it has nothing more for now."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.is_shut = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        return None if self.is_shut else self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Handler(WSGIRequestHandler):
    server: Server
    connection: Any
    rfile: Any
    rbufsize = 0

    def setup(self) -> None:
        super().setup()
        # Not every system does this for a connection from a socket that does not block.
        self.connection.settimeout(None)
        self._gate = _Gate(self.rfile)
        self.rfile = io.BufferedReader(self._gate)

    def handle(self) -> None:
        self.close_connection = False
        while not self.close_connection:
            if not self._wait_for_request():
                return
            with self.server.activity.request():
                self.handle_one_request()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    def get_environ(self) -> dict[str, Any]:
        return super().get_environ() | {live_page.CONNECTION: self.connection}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in Django.
        if not self.path_is_ours():
            super().log_message(format, *args)

    def path_is_ours(self) -> bool:
        """Tell whether the page's own script asks, not the visitor."""
        return getattr(self, "path", "").startswith(live_page.PREFIX)

    def _wait_for_request(self) -> bool:
        """Wait for a request that is ours; return False if it would be the next generation's."""
        if self._has_read_ahead():
            return True
        sources = select.poll()
        sources.register(self.connection, select.POLLIN)
        sources.register(self.server.retirement, select.POLLIN)
        sources.poll()
        if not self.server.retirement.has_begun:
            return True
        self.server.leave(self.connection)
        return False

    def _has_read_ahead(self) -> bool:
        """Tell whether a part of the next request came with the last one."""
        self._gate.is_shut = True
        try:
            return bool(self.rfile.peek())
        finally:
            self._gate.is_shut = False
