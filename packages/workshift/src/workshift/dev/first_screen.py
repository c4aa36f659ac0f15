"""Builds the first screen of `manage.py dev`: the address, the processes, how to stop."""

import contextlib
import os

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from .. import conf
from ..celery import broker
from .redis_servers import find_server

# Pages that are worth a click, by the names of their URLs.
_PAGES = {"mailbox": "mailbox:all", "admin": "admin:index"}


def where_to_click(port: int) -> str:
    """Return the addresses of the site, and of those of its pages that a developer needs."""
    site = f"http://localhost:{port}"
    others = []
    for name, url in _PAGES.items():
        with contextlib.suppress(NoReverseMatch):
            others.append(f"{name}: {site}{reverse(url)}")
    return f"{site} ({', '.join(others)})" if others else site


def first_screen(port: int, own_redis: int | None) -> str:
    """Return the text that `manage.py dev` shows first."""
    if own_redis:
        queue = f"redis   {find_server(own_redis).description}, on port {own_redis}"
    else:
        queue = f"broker  yours, at {broker.without_password(broker.address())}"
    debug_is_off = (
        ""
        if settings.DEBUG
        else """
    DEBUG is off, as in production: no tracebacks in the browser, no mailbox, and only HTTPS unless
    USE_HTTPS is off, too. Turn it on in .env, or unset it in this shell.
"""
    )
    other_file = (
        f"""
    The variables come from {conf.dotenv()}, as ENV_FILE says, not from .env.
"""
        if os.environ.get("ENV_FILE")
        else ""
    )
    return f"""
    Open http://localhost:{port}

    web     Django; a saved file is live in it, and in the open page, at once
    worker  Celery; a saved file is live in it at once
    {queue}

    Ctrl-C stops everything.
{debug_is_off}{other_file}"""
