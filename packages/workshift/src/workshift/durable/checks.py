"""Checks what durable tasks rely on; `manage.py check` and `manage.py runworker` report problems.

A plain `celery worker` runs the checks as well, but discards the results.
"""

from collections.abc import Iterator
from typing import Any

from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core import checks

from .. import conf
from ..celery.checks import project_app
from .log import CLEAN_UP, SWEEP
from .models import DurableTask, no_function

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@checks.register("durable")
def check_durable_tasks(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the settings and the models of durable tasks."""
    models = [model for model in apps.get_models() if issubclass(model, DurableTask)]
    conf_of_celery = (project_app() or current_app).conf
    limit = conf_of_celery.task_time_limit
    messages = [*_numbers(), *_lease("CELERY_TASK_TIME_LIMIT", limit), *_mailers(limit)]
    for model in models:
        messages.extend(_model(model))
    scheduled = {entry.get("task") for entry in conf_of_celery.beat_schedule.values()}
    if models and SWEEP not in scheduled:
        messages.append(
            checks.Error(
                "No entry in CELERY_BEAT_SCHEDULE sends the sweep, so rows that a crash leaves "
                "behind are not processed.",
                hint=f'Add {{"task": "{SWEEP}", "schedule": DURABLE_SWEEP_SECONDS}}.',
                id="durable.E005",
            )
        )
    if conf.durable("KEEP_DAYS") is not None and CLEAN_UP not in scheduled:
        messages.append(
            checks.Warning(
                "DURABLE_KEEP_DAYS is set, but no entry in CELERY_BEAT_SCHEDULE sends the "
                "clean-up, so nothing is deleted.",
                hint=f'Add {{"task": "{CLEAN_UP}", "schedule": 3600}}.',
                id="durable.W004",
            )
        )
    return messages


def _numbers() -> Iterator[checks.CheckMessage]:
    for name in (
        "ATTEMPTS",
        "BACKOFF_SECONDS",
        "GRACE_SECONDS",
        "SWEEP_SECONDS",
        "KEEP_DAYS",
    ):
        value = conf.durable(name)
        if value is not None and value <= 0:
            yield checks.Error(
                f"DURABLE_{name} is {value}; it must be more than 0.", id="durable.E001"
            )
    if conf.durable("SWEEP_SECONDS") > conf.durable("LEASE_SECONDS"):
        yield checks.Warning(
            f"DURABLE_SWEEP_SECONDS ({conf.durable('SWEEP_SECONDS')}) is longer than "
            f"DURABLE_LEASE_SECONDS ({conf.durable('LEASE_SECONDS')}): a row whose worker died "
            "waits longer for the sweep than for the end of its lease.",
            id="durable.W001",
        )


def _lease(name: str, time_limit: float | None) -> Iterator[checks.CheckMessage]:
    lease = conf.durable("LEASE_SECONDS")
    if time_limit is None:
        yield checks.Error(
            f"{name} is not set, so a durable task may run forever, and a second worker would "
            f"start it again after DURABLE_LEASE_SECONDS ({lease}).",
            id="durable.E002",
        )
    elif lease <= time_limit:
        yield checks.Error(
            f"DURABLE_LEASE_SECONDS ({lease}) is not longer than {name} ({time_limit}), so a "
            "second worker would start a row while the first is still working on it.",
            id="durable.E002",
        )


def _mailers(time_limit: float | None) -> Iterator[checks.CheckMessage]:
    for name, hint, timeout in _timeouts():
        if timeout is None or (time_limit is not None and timeout >= time_limit):
            yield checks.Error(
                f"{name} ({timeout}) is not shorter than CELERY_TASK_TIME_LIMIT ({time_limit}), so "
                "a mail server that does not respond gets a worker process killed.",
                hint=hint,
                id="durable.E003",
            )


def _timeouts() -> Iterator[tuple[str, str, float | None]]:
    """Yield the name of each mail server's timeout, how to set it, and its value."""
    mailers = getattr(settings, "MAILERS", None)
    # MAILERS is new in Django 6.1, which ignores the older settings if it is set. Their default is
    # SMTP: a project that names no server may not send e-mail at all.
    names_server = settings.is_overridden("EMAIL_HOST")  # type: ignore[misc]  # The plugin knows settings only.
    if mailers is None and names_server and settings.EMAIL_BACKEND == SMTP:
        yield "EMAIL_TIMEOUT", "Set it to a few seconds.", settings.EMAIL_TIMEOUT
    for alias, mailer in (mailers or {}).items():
        if mailer.get("BACKEND") == SMTP:
            timeout = mailer.get("OPTIONS", {}).get("timeout")
            hint = 'Set "timeout" in its OPTIONS to a few seconds.'
            yield f"The timeout of MAILERS[{alias!r}]", hint, timeout


def _model(model: type[DurableTask]) -> Iterator[checks.CheckMessage]:
    task = getattr(model, "celery_task", None)
    if task is None:
        # Everything else works, so this must not keep the site from starting.
        yield checks.Warning(
            f"Rows of {model._meta.label} are saved but not processed, so they are not durable.",
            hint=no_function(model),
            obj=model,
            id="durable.W003",
        )
    elif task.time_limit not in (None, current_app.conf.task_time_limit):
        yield from _lease(f"the time limit of {task.name}", task.time_limit)
    if not any(index.fields == ["status", "due_at"] for index in model._meta.indexes):
        yield checks.Warning(
            f"{model._meta.label} has no index on status and due_at, which every sweep needs.",
            hint="Write `class Meta(DurableTask.Meta):`.",
            obj=model,
            id="durable.W002",
        )
