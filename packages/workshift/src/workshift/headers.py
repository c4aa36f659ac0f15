"""Reduces a request's headers to what Django can read, before it reads them.

Django accepts any charset that the Content-Type names, even codecs that do not turn bytes into text
(rot13), or turn them into text that no database stores (unicode_escape). Such a request, an endless
Content-Type or a Content-Length of thirty digits makes Django fail, sometimes before any middleware
runs. Our pages send UTF-8, so nothing else is read here.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]
Scope = dict[str, Any]
AsgiApplication = Callable[[Scope, Any, Any], Awaitable[None]]

# What RFC 2046 permits.
BOUNDARY = re.compile(
    r""";\s*boundary="?([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])""", re.ASCII | re.IGNORECASE
)

# Characters; no registered type is longer.
LONGEST_TYPE = 255

# Digits: more bytes than any disk holds, and still a usable number.
LONGEST_LENGTH = 18


def simple_type(content_type: str) -> str:
    """Return the type with only one of its parameters: the boundary between form fields."""
    kind = content_type.partition(";")[0].strip()[:LONGEST_TYPE]
    boundary = BOUNDARY.search(content_type)
    return f'{kind}; boundary="{boundary[1]}"' if boundary else kind


def simple_length(content_length: str) -> str:
    """Return the number of bytes, or 0 if it is not a number."""
    return content_length if re.fullmatch(f"[0-9]{{1,{LONGEST_LENGTH}}}", content_length) else "0"


def simplify_for_wsgi(application: WsgiApplication) -> WsgiApplication:
    """Call a WSGI application with simple headers."""

    def simplified(environ: Environ, start_response: Any) -> Iterable[bytes]:
        for name, simple in (("CONTENT_TYPE", simple_type), ("CONTENT_LENGTH", simple_length)):
            if name in environ:
                environ[name] = simple(environ[name])
        return application(environ, start_response)

    return simplified


def simplify_for_asgi(application: AsgiApplication) -> AsgiApplication:
    """Call an ASGI application with simple headers."""
    simple = {b"content-type": simple_type, b"content-length": simple_length}

    async def simplified(scope: Scope, receive: Any, send: Any) -> None:
        headers = [
            (name, simple[name](value.decode("latin-1")).encode("latin-1"))
            if name in simple
            else (name, value)
            for name, value in scope.get("headers", [])
        ]
        await application({**scope, "headers": headers}, receive, send)

    return simplified
