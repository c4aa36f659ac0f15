"""Answers every request with what keeps the code from loading, for as long as it does."""

import html
import re
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http.request import split_domain_port, validate_host
from django.views.debug import SafeExceptionReporterFilter, technical_500_response

from ..reload.loading import Failure

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem; }}
pre {{ background: #f4f4f4; color: #222; overflow-x: auto; padding: 1rem; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #1c1c1c; color: #eee; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
{details}
</body>
</html>
"""

_TITLE = "The site does not load"

# As Django allows them while DEBUG is on.
_LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]

# An assignment whose name says that its value is secret; Django's own list of such names.
_SECRET = re.compile(
    rf"(?P<name>\w*(?:{SafeExceptionReporterFilter.hidden_settings.pattern})\w*[\"']?\]?\s*[:=]\s*).+",
    re.IGNORECASE,
)


class BrokenPage:
    """A WSGI application for code that does not load."""

    def __init__(self, failure: Failure | None, text: str, *, debug: bool) -> None:
        """Show `failure`, or `text` alone if there is none; without `debug`, nothing of either."""
        self._failure = failure
        self._text = text
        self._debug = debug

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        if "text/html" in environ.get("HTTP_ACCEPT", "text/html").replace("*/*", "text/html"):
            content_type, body = "text/html; charset=utf-8", self._body(environ)
        else:
            content_type, body = "text/plain; charset=utf-8", self._plain(environ)
        content = body.encode(errors="replace")
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
        ]
        start("500 Internal Server Error", headers)
        return _Content([content])

    def _body(self, environ: dict[str, Any]) -> str:
        if not self._may_see(environ):
            return _page("The terminal of `runserver` says why.", "")
        return self._of_django(environ) or _page(
            "This page loads itself again as soon as the code does.",
            f"<pre>{html.escape(_without_secrets(self._text))}</pre>",
        )

    def _plain(self, environ: dict[str, Any]) -> str:
        shown = _without_secrets(self._text) if self._may_see(environ) else ""
        return f"{_TITLE}. {shown or 'The terminal of `runserver` says why.'}\n"

    def _may_see(self, environ: dict[str, Any]) -> bool:
        """Tell whether the visitor is one whom Django would show an error to.

        A name that is not allowed may be another site's, which leads here to read the answer.
        """
        try:
            allowed = [*_LOCAL_HOSTS, *(settings.ALLOWED_HOSTS if settings.configured else [])]
        except Exception:  # noqa: BLE001 - the settings are what does not load.
            allowed = _LOCAL_HOSTS
        host, _ = split_domain_port(environ.get("HTTP_HOST", ""))
        return self._debug and validate_host(host, allowed)

    def _of_django(self, environ: dict[str, Any]) -> str | None:
        """Return Django's own page, where Django is up."""
        if self._failure is None or not (settings.configured and apps.ready):
            return None
        error = self._failure.error
        try:
            request = WSGIRequest(environ)
            # The URLs may be what does not load.
            request.resolver_match = SimpleNamespace(_func_path="")  # type: ignore[assignment]
            response = technical_500_response(request, type(error), error, error.__traceback__)
        except Exception:  # noqa: BLE001 - then ours has to do.
            return None
        is_page = response["Content-Type"].startswith("text/html")
        return response.content.decode() if is_page else None


class _Content(list[bytes]):
    """An answer that is known as a whole."""

    streaming = False


def _page(text: str, details: str) -> str:
    return _PAGE.format(title=_TITLE, text=text, details=details)


def _without_secrets(text: str) -> str:
    """Return a traceback without the values that its lines of source give to secret names."""
    return _SECRET.sub(rf"\g<name>{SafeExceptionReporterFilter.cleansed_substitute}", text)
