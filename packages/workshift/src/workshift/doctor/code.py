"""Checks that the project's code loads, and runs Django's system checks."""

import contextlib
import sys
import traceback
from pathlib import Path

import django
from celery import current_app
from django.apps import AppConfig
from django.conf import settings
from django.core import checks as django_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections

from ..celery import discovery
from ..env import InvalidEnvironment
from .context import Context
from .findings import Findings, ok, problem, warning


def loads(context: Context) -> Findings:
    """Load the settings, the apps and their tasks, as the web process and a worker do.

    Raises InvalidEnvironment if the settings cannot be read.
    """
    try:
        django.setup()
        with contextlib.suppress(discovery.AppNotFoundError):
            discovery.find()
        current_app.loader.import_default_modules()
    except InvalidEnvironment:
        raise
    except Exception as error:  # noqa: BLE001 - the project's code may raise anything.
        yield problem(
            f"The code does not load: {type(error).__name__}: {error} "
            f"({place(error, context.folder)}).",
            "Fix it; `python manage.py check` shows the whole traceback.",
        )
    else:
        own = [name for name in current_app.tasks if not name.startswith("celery.")]
        yield ok(f"The code loads, with {len(own)} tasks.")


def place(error: Exception, folder: Path) -> str:
    """Return the error's origin in the project: file and line, or a setting."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [
        (Path(name).relative_to(folder), line)
        for name, line in frames
        if Path(name).is_relative_to(folder)
        and not Path(name).is_relative_to(folder / ".venv")
        and not Path(name).is_relative_to(Path(__file__).parent.parent)
    ]
    if setting := setting_to_blame(error, is_own=bool(own)):
        file = Path(sys.modules[settings.SETTINGS_MODULE].__file__ or "")
        return f"{setting} in {file.relative_to(folder) if file.is_relative_to(folder) else file}"
    name, line = own[-1] if own else frames[-1]
    return f"{name}, line {line}"


def setting_to_blame(error: Exception, *, is_own: bool) -> str:
    """Return the setting that names something that cannot be imported, if that is the cause.

    `is_own` tells whether the error passed through the project's code.
    """
    if not settings.configured:
        return ""
    if isinstance(error, ImproperlyConfigured):
        # The first model loads the database driver.
        try:
            connections[DEFAULT_DB_ALIAS]
        except ImproperlyConfigured:
            return "DATABASES"
    if not is_own:
        for entry in settings.INSTALLED_APPS:
            try:
                AppConfig.create(entry)
            except Exception:  # noqa: BLE001 - the error whose origin we look for.
                return f"{entry!r} in INSTALLED_APPS"
    return ""


def checks(_context: Context) -> Findings:
    """Run Django's system checks, including ours for Celery and durable tasks."""
    messages = [message for message in django_checks.run_checks() if not message.is_silenced()]
    for message in messages:
        sentence = f"{message.msg} ({message.id})"
        step = message.hint or "`python manage.py check` tells more."
        yield problem(sentence, step) if message.is_serious() else warning(sentence, step)
    if not messages:
        yield ok("Django's system checks find nothing.")
