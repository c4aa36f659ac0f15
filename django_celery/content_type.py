"""Leave of a request's Content-Type only what Django can read, before it does.

Django takes the header's word for the charset, also for codecs that turn no bytes into text
(rot13) or into text that no database stores (unicode_escape), and answers such a request, as one
with an endless header, with an error of its own: it reads the header before any middleware runs.
Our pages send UTF-8, so nothing else is read here.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

type Environ = dict[str, Any]
type WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]
type Scope = dict[str, Any]
type AsgiApplication = Callable[[Scope, Any, Any], Awaitable[None]]

# What RFC 2046 permits.
BOUNDARY = re.compile(
    r""";\s*boundary="?([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])""", re.ASCII | re.I
)

# Characters; no registered type is longer.
LONGEST_TYPE = 255


def simplify(content_type: str) -> str:
    """Return the type, and of its parameters the boundary between the fields of a form."""
    kind = content_type.partition(";")[0].strip()[:LONGEST_TYPE]
    boundary = BOUNDARY.search(content_type)
    return f'{kind}; boundary="{boundary[1]}"' if boundary else kind


def simplify_for_wsgi(application: WsgiApplication) -> WsgiApplication:
    """Call a WSGI application with a simple Content-Type."""

    def simplified(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = simplify(environ["CONTENT_TYPE"])
        return application(environ, start_response)

    return simplified


def simplify_for_asgi(application: AsgiApplication) -> AsgiApplication:
    """Call an ASGI application with a simple Content-Type."""

    async def simplified(scope: Scope, receive: Any, send: Any) -> None:
        headers = [
            (name, simplify(value.decode("latin-1")).encode("latin-1"))
            if name == b"content-type"
            else (name, value)
            for name, value in scope.get("headers", [])
        ]
        await application({**scope, "headers": headers}, receive, send)

    return simplified
