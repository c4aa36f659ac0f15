"""Lets the open page follow the code: adds a script to each page, and tells it what has changed.

What the page then does is in `scripts/page.js`.

It stands around the project's WSGI application, so no setting has to be made for it, and works
within a Content-Security-Policy of `'self'`.
"""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Where the script and its events are.
PREFIX = "/__workshift__/"

# What the server calls a request's connection in its environment.
CONNECTION = "workshift.connection"

# Milliseconds after which a page looks for the next generation.
_RETRY = 20

_SCRIPTS = {
    f"{PREFIX}{path.name}": path for path in (Path(__file__).parent / "scripts").glob("*.js")
}


class LivePage:
    """The project's application, whose pages follow the code."""

    def __init__(
        self,
        application: Application,
        version: str,
        retirement: Any,
        count_stream: Callable[[], AbstractContextManager[None]],
        *,
        adds_script: bool,
    ) -> None:
        """Serve `application`; pages of another `version` of the code load themselves anew.

        `retirement` becomes readable when no request is to be begun. `count_stream` counts an
        answer as a stream while its block lasts. Without `adds_script` pages stay as they are.
        """
        self._application = application
        self._version = version
        self._retirement = retirement
        self._count_stream = count_stream
        self._adds_script = adds_script
        self._listeners: set[socket.socket] = set()
        # The events of all changes so far: a page may begin to listen after one.
        self._changes: list[bytes] = []
        self._changing = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        connection = environ.pop(CONNECTION, None)
        path = environ.get("PATH_INFO", "")
        if self._adds_script and (refusal := _refusal(environ)):
            headers = [("Content-Type", "text/plain; charset=utf-8")]
            start("400 Bad Request", [*headers, ("Content-Length", str(len(refusal)))])
            return [refusal]
        if self._adds_script and path == f"{PREFIX}events":
            start("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")])
            return self._events(connection)
        if self._adds_script and path in _SCRIPTS:
            body = _SCRIPTS[path].read_bytes()
            headers = [("Content-Type", "text/javascript"), ("Cache-Control", "no-store")]
            start("200 OK", [*headers, ("Content-Length", str(len(body)))])
            return [body]
        if self._adds_script:
            # A compressed page could not take the script.
            environ.pop("HTTP_ACCEPT_ENCODING", None)
        return self._answer(environ, start)

    def changed(self, paths: list[str]) -> None:
        """Tell the open pages that these files, which they may show, have changed."""
        with self._changing:
            number = len(self._changes) + 1
            change = {"number": number, "names": [Path(path).name for path in paths]}
            self._changes.append(f"event: changed\ndata: {json.dumps(change)}\n\n".encode())
            for listener in self._listeners:
                listener.sendall(self._changes[-1])

    def _events(self, connection: socket.socket) -> Iterator[bytes]:
        ours, theirs = socket.socketpair()
        sources = select.poll()
        for source in (connection, self._retirement, theirs):
            sources.register(source, select.POLLIN)
        with self._changing:
            changes = b"".join(self._changes)
            self._listeners.add(ours)
        with ours, theirs, self._count_stream():
            try:
                version = f"retry: {_RETRY}\nevent: version\ndata: {self._version}\n\n"
                yield version.encode() + changes
                # Until the browser or this generation goes.
                while [theirs.fileno()] == [descriptor for descriptor, _ in sources.poll()]:
                    yield theirs.recv(65536)
            finally:
                with self._changing:
                    self._listeners.discard(ours)

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        started: list[Any] = []
        is_late = False

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            started[:] = [status, headers, *more]
            return start(*started) if is_late else None

        answer = self._application(environ, note)
        if not started:
            # It starts with its first chunk, as a generator does.
            is_late = True
            return _Stream(answer, self._count_stream)
        status, headers, *more = started
        is_stream = _is_stream(answer, headers)
        is_asked_for = self._adds_script and environ.get("REQUEST_METHOD") != "HEAD"
        if is_stream or not (is_asked_for and _is_page(headers)):
            start(status, headers, *more)
            return _Stream(answer, self._count_stream) if is_stream else answer
        body = b"".join(answer)
        if close := getattr(answer, "close", None):
            close()
        before, end, after = body.rpartition(b"</body>")
        if end:
            data = f'data-version="{self._version}" data-changes="{len(self._changes)}"'
            if environ.get("REQUEST_METHOD") != "GET":
                data += " data-posted"
            script = f'<script src="{PREFIX}page.js" {data}></script>'
            body = before + script.encode() + end + after
            headers = [
                (name, str(len(body)) if name.lower() == "content-length" else value)
                for name, value in headers
            ]
        start(status, headers, *more)
        return [body]


def _refusal(environ: dict[str, Any]) -> bytes:
    """Return why a request is refused because of its Host header, or nothing if it is not.

    The name of another site may lead here, so that a page of that site can read what is answered.
    Django would answer with its page that shows the settings, and static files are not checked.
    """
    # Without DEBUG, and while the settings do not load, nothing of them is shown.
    if not (settings.configured and settings.DEBUG):
        return b""
    request = HttpRequest()
    request.META = environ
    try:
        request.get_host()
    except DisallowedHost as error:
        return f"{error}\n".encode(errors="replace")
    return b""


class _Stream:
    """An answer that is counted as a stream until it is closed."""

    def __init__(
        self, answer: Iterable[bytes], count: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._answer = answer
        self._counted = count()
        self._counted.__enter__()

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer

    def close(self) -> None:
        self._counted.__exit__(None, None, None)
        if close := getattr(self._answer, "close", None):
            close()


def _is_stream(answer: Iterable[bytes], headers: list[tuple[str, str]]) -> bool:
    """Tell whether an answer comes bit by bit, for as long as it likes."""
    # Django says so of its own; what a middleware of WSGI hands on has only its headers.
    has_length = any(name.lower() == "content-length" for name, _ in headers)
    return bool(getattr(answer, "streaming", not has_length))


def _is_page(headers: list[tuple[str, str]]) -> bool:
    found = {name.lower(): value.lower() for name, value in headers}
    return (
        found.get("content-type", "").startswith("text/html")
        and "content-encoding" not in found
        and "attachment" not in found.get("content-disposition", "")
    )
