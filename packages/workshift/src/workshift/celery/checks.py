"""Checks the Celery settings for mistakes that Celery silently ignores.

These Django system checks run before every management command, and alone with
`manage.py check --tag celery`. To add one, write a function that yields messages and decorate it
with `@check`.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cache, wraps
from typing import Any
from urllib.parse import parse_qs

from celery.app import defaults
from django.conf import settings
from django.core import checks, mail

from . import discovery
from .broker import is_redis

# The namespace with which celery.py reads Django's settings.
PREFIX = "CELERY_"

# Settings that begin with our prefix but are not part of Celery's configuration.
KNOWN_ELSEWHERE = {"CELERY_DB_REUSE_MAX"}

OPTIONS = dict(defaults.flatten(defaults.NAMESPACES))

VALID_NAMES = {PREFIX + name.upper() for name in OPTIONS}

# Names from before Celery 4, such as CELERY_ACKS_LATE and CELERYD_CONCURRENCY.
NEW_NAMES = {
    old.format(name).upper(): PREFIX + name.upper()
    for name, option in OPTIONS.items()
    for old in option.old
}

# Seconds; kombu's default.
DEFAULT_VISIBILITY_TIMEOUT = 3600

Messages = Iterator[checks.CheckMessage]


def project_app() -> Any:
    """Return the project's Celery app, which a command that sends no task may not have imported.

    Returns None if there is none, or none that loads: others say why.
    """
    with contextlib.suppress(Exception):
        return _found_app()
    return None


@cache
def _found_app() -> Any:
    # Each check asks several times, and finding it looks at files. What it raises is not kept.
    return discovery.find()[1]


def check(find: Callable[..., Messages]) -> Callable[..., Messages]:
    """Register a check of the settings of Celery, for projects that have a Celery app."""

    @wraps(find)
    def find_if_there_is_an_app(**arguments: Any) -> Messages:
        if project_app() is not None:
            yield from find(**arguments)

    checks.register("celery")(find_if_there_is_an_app)
    return find


def value_of(name: str) -> Any:
    """Return the Celery app's setting `name`: the project's value or the default."""
    return project_app().conf[name]


@check
def names_exist(**_: Any) -> Messages:
    """Find misspelt settings, which Celery ignores, and old names, which will stop working."""
    # Only then are the names in Django's settings those of Celery.
    if f"{project_app().namespace}_" != PREFIX:
        return
    for name in dir(settings):
        if not name.startswith("CELERY") or name in VALID_NAMES | KNOWN_ELSEWHERE:
            continue
        if name in NEW_NAMES:
            yield checks.Error(
                f"{name} is the old name of {NEW_NAMES[name]}.",
                hint=f"Rename it to {NEW_NAMES[name]}.",
                id="celery.E002",
            )
            continue
        nearest = get_close_matches(name, VALID_NAMES, n=1)
        yield checks.Warning(
            f"{name} is not a setting of Celery, which ignores it.",
            hint=(f"Did you mean {nearest[0]}? " if nearest else "")
            + "If another package reads it, add celery.W004 to SILENCED_SYSTEM_CHECKS.",
            id="celery.W004",
        )


@check
def time_limits_fit(**_: Any) -> Messages:
    """Check that a task has time limits, in the right order."""
    soft, hard = value_of("task_soft_time_limit"), value_of("task_time_limit")
    if not hard:
        yield checks.Warning(
            "CELERY_TASK_TIME_LIMIT is not set: a task that hangs holds a worker process forever.",
            hint="Set it to the longest time, in seconds, that any task may take.",
            id="celery.W001",
        )
        return
    if soft and soft >= hard:
        yield checks.Error(
            f"CELERY_TASK_SOFT_TIME_LIMIT ({soft} s) is not shorter than CELERY_TASK_TIME_LIMIT "
            f"({hard} s): a task is killed before it can clean up.",
            hint="Shorten the soft limit by the time that cleaning up takes.",
            id="celery.E003",
        )
    timeout = value_of("broker_transport_options").get(
        "visibility_timeout", DEFAULT_VISIBILITY_TIMEOUT
    )
    if is_redis(str(value_of("broker_url") or "")) and timeout <= hard:
        yield checks.Error(
            f"The visibility timeout ({timeout} s) is not longer than CELERY_TASK_TIME_LIMIT "
            f"({hard} s): Redis hands a task that is still running to a second worker.",
            hint='Raise "visibility_timeout" in CELERY_BROKER_TRANSPORT_OPTIONS, or lower the '
            "limit.",
            id="celery.E004",
        )


@check
def tasks_go_to_the_worker(**_: Any) -> Messages:
    """Refuse eager mode, which makes the visitor wait for the task."""
    # Django's test runner and pytest-django create the outbox.
    testing = hasattr(mail, "outbox")
    if value_of("task_always_eager") and not testing:
        yield checks.Error(
            "CELERY_TASK_ALWAYS_EAGER is on outside tests: each task runs in the process that "
            "sends it, and no worker ever sees it.",
            hint="Remove the setting, or set it only in tests.",
            id="celery.E005",
        )


@check
def tls_is_verified(**_: Any) -> Messages:
    """Find TLS connections that accept any certificate, as rediss:// alone does."""
    for url_name, ssl_name in (
        ("broker_url", "broker_use_ssl"),
        ("result_backend", "redis_backend_use_ssl"),
    ):
        url = str(value_of(url_name) or "")
        if "rediss://" in url and not verifies(url, value_of(ssl_name)):
            yield checks.Error(
                f"{PREFIX}{url_name.upper()} uses TLS without verifying the server's "
                "certificate: anyone in between can read and change the tasks.",
                hint="Append ?ssl_cert_reqs=required to REDIS_URL.",
                id="celery.E006",
            )


def verifies(url: str, options: Any) -> bool:
    """Tell whether TLS to `url`, with these `options`, verifies the certificate."""
    given = options.get("ssl_cert_reqs") if isinstance(options, dict) else None
    if given is None:
        given = parse_qs(url.partition("?")[2]).get("ssl_cert_reqs", [""])[0]
    return given in {"required", "CERT_REQUIRED", ssl.CERT_REQUIRED}
