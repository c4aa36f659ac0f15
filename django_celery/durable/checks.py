"""Check what a durable task relies on: `manage.py check` and `manage.py runworker` say so.

A plain `celery worker` runs the checks as well, and drops what they find.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks

from django_celery.durable.log import SWEEP
from django_celery.durable.models import DurableTask, no_function

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@checks.register("durable")
def check_durable_tasks(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with the settings and the models of durable tasks."""
    models = [model for model in apps.get_models() if issubclass(model, DurableTask)]
    limit = getattr(settings, "CELERY_TASK_TIME_LIMIT", None)
    messages = [*_numbers(), *_lease("CELERY_TASK_TIME_LIMIT", limit), *_mailers(limit)]
    for model in models:
        messages.extend(_model(model))
    if models and not any(
        entry.get("task") == SWEEP
        for entry in getattr(settings, "CELERY_BEAT_SCHEDULE", {}).values()
    ):
        messages.append(
            checks.Error(
                "No entry of CELERY_BEAT_SCHEDULE sends the sweep, so what a crash leaves behind "
                "stays where it is.",
                hint=f'Add {{"task": "{SWEEP}", "schedule": DURABLE_SWEEP_SECONDS}}.',
                id="durable.E005",
            )
        )
    return messages


def _numbers() -> Iterator[checks.CheckMessage]:
    for name in (
        "DURABLE_ATTEMPTS",
        "DURABLE_BACKOFF_SECONDS",
        "DURABLE_GRACE_SECONDS",
        "DURABLE_SWEEP_SECONDS",
    ):
        value = getattr(settings, name)
        if value <= 0:
            yield checks.Error(f"{name} is {value}; it must be more than 0.", id="durable.E001")
    if settings.DURABLE_SWEEP_SECONDS > settings.DURABLE_LEASE_SECONDS:
        yield checks.Warning(
            f"DURABLE_SWEEP_SECONDS ({settings.DURABLE_SWEEP_SECONDS}) is longer than "
            f"DURABLE_LEASE_SECONDS ({settings.DURABLE_LEASE_SECONDS}): a row whose worker died "
            "waits more for the sweep than for the end of its lease.",
            id="durable.W001",
        )


def _lease(name: str, time_limit: float | None) -> Iterator[checks.CheckMessage]:
    lease = settings.DURABLE_LEASE_SECONDS
    if time_limit is None:
        yield checks.Error(
            f"{name} is not set, so a durable task may run for ever, and a second worker would "
            f"start it once more after DURABLE_LEASE_SECONDS ({lease}).",
            id="durable.E002",
        )
    elif lease <= time_limit:
        yield checks.Error(
            f"DURABLE_LEASE_SECONDS ({lease}) is not longer than {name} ({time_limit}), so a "
            "second worker would start a row while the first still works on it.",
            id="durable.E002",
        )


def _mailers(time_limit: float | None) -> Iterator[checks.CheckMessage]:
    for name, hint, timeout in _timeouts():
        if timeout is None or (time_limit is not None and timeout >= time_limit):
            yield checks.Error(
                f"{name} ({timeout}) is not shorter than CELERY_TASK_TIME_LIMIT ({time_limit}), so "
                "a mail server that says nothing ends with a killed worker process.",
                hint=hint,
                id="durable.E003",
            )


def _timeouts() -> Iterator[tuple[str, str, float | None]]:
    """Yield what the timeout of each mail server is called, how to set it, and what it is."""
    mailers = getattr(settings, "MAILERS", None)
    # Django 6.1 brought MAILERS, and has the older settings only without it. SMTP is their default:
    # a project that names no server may send nothing.
    if mailers is None and settings.EMAIL_BACKEND == SMTP and settings.EMAIL_HOST != "localhost":
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
            f"What is saved as {model._meta.label} waits, and is not durable any more.",
            hint=no_function(model),
            obj=model,
            id="durable.W003",
        )
    elif task.time_limit not in (None, getattr(settings, "CELERY_TASK_TIME_LIMIT", None)):
        yield from _lease(f"the time limit of {task.name}", task.time_limit)
    if not any(index.fields == ["status", "due_at"] for index in model._meta.indexes):
        yield checks.Warning(
            f"{model._meta.label} has no index on status and due_at, which every sweep reads.",
            hint="Write `class Meta(DurableTask.Meta):`.",
            obj=model,
            id="durable.W002",
        )
