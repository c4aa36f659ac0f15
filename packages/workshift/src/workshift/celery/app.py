"""The Celery app of a Django project: Celery's own, without its surprises."""

import os
from importlib import import_module
from typing import Any

import celery
from celery.signals import celeryd_init, task_postrun, task_prerun
from django.db import close_old_connections

from ..env import one_sentence_if_invalid, require_settings_module
from . import shell_variables
from .internals import censor_settings


class Celery(celery.Celery):
    """Celery's app, with the same arguments.

    - A task that calls `sys.exit()` fails instead of running again forever.
    - Old or broken database connections are closed before and after each task, as Django does for
      each request.
    - Variables that another project left in the shell, such as CELERY_BROKER_URL, do not override
      the settings; `manage.py check` names them.
    - What shows the settings, such as `celery report`, hides the passwords in addresses.
    - If the settings cannot be read from the environment, the process exits with one sentence.
    """

    registry_cls = "workshift.celery.registry:Tasks"

    def __init__(self, *args: Any, **options: Any) -> None:
        """Create the app; DJANGO_SETTINGS_MODULE must be set."""
        with one_sentence_if_invalid():
            require_settings_module()
        # Before the settings, which may be on their way: it is read now.
        shell_variables.set_aside_one("CELERY_LOADER")
        super().__init__(*args, **options)
        self.on_configure.connect(_read_settings)
        censor_settings(_without_passwords)
        # A generation imports the app first and then runs Celery's command line, which sets some of
        # the variables again.
        celeryd_init.connect(_set_aside_again)
        task_prerun.connect(close_old_connections)
        task_postrun.connect(close_old_connections)


def _read_settings(**_: Any) -> None:
    # Before Celery does: it would print a traceback for a bad `.env`.
    with one_sentence_if_invalid():
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    # Celery reads them when it has its configuration, and so after this.
    shell_variables.set_aside()


def _without_passwords(settings: Any) -> Any:
    # Imported here, as few processes need it, and it brings Django's pages about errors.
    from ..secrets import without_passwords  # noqa: PLC0415

    return without_passwords(settings)


def _set_aside_again(**_: Any) -> None:
    shell_variables.set_aside()
