"""Finds the project's Celery app: the one that `--app` names, or else by the Django settings."""

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import django
from celery import Celery
from celery.app.utils import find_app
from django.conf import settings

from ..env import exists
from .internals import made_apps

# What `runworker --app` says reaches the generations, which may be fresh processes, in this.
VARIABLE = "RUNWORKER_APP"


class AppNotFoundError(Exception):
    """There is no Celery app, or too many; the message says what to do."""


def find() -> tuple[str, Celery]:
    """Return what `celery --app` would take for the project's app, and the app itself.

    That is what `--app` says. Without it, the app is where Celery's documentation puts it, beside
    Django's settings, or is the one that the project has made once Django is set up. Raises
    AppNotFoundError, and whatever the project's own modules raise when they are imported.
    """
    if name := os.environ.get(VARIABLE):
        return name, find_app(name)
    for package in _packages(os.environ.get("DJANGO_SETTINGS_MODULE", "")):
        if app := _app_in(package):
            return package, app
    django.setup()
    for package in _packages(settings.ROOT_URLCONF):
        if app := _app_in(package):
            return package, app
    return _only_one()


def _packages(module: str) -> Iterator[str]:
    """Yield the packages that a module is in, the innermost first."""
    while module := module.rpartition(".")[0]:
        yield module


def _app_in(package: str) -> Celery | None:
    # Imported first, as find_app() takes a module that does not load for one that is not there.
    for name in (package, f"{package}.celery"):
        if exists(name):
            import_module(name)
    try:
        app = find_app(package)
    except AttributeError:
        return None
    return app if isinstance(app, Celery) else None


def _only_one() -> tuple[str, Celery]:
    """Return the app that some module of the project has made and keeps under a name."""
    apps = made_apps()
    found = {
        id(value): (f"{module.__name__}:{name}", value)
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType)
        for name, value in list(vars(module).items())
        if any(value is app for app in apps)
    }
    if len(found) == 1:
        return next(iter(found.values()))
    names = ", ".join(sorted(name for name, _ in found.values()))
    why = f"There is more than one Celery app ({names})" if found else "No Celery app was found"
    raise AppNotFoundError(
        f"{why}. Name yours as `celery` takes it: python manage.py runworker --app mysite.celery"
    )
