"""The Django app of the library: its checks and its management commands."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.autoreload import BaseReloader, autoreload_started

from . import (
    conf,
    private,
)

# Importing the module registers its checks.
from .celery import checks  # noqa: F401


class WorkshiftConfig(AppConfig):
    """Brings the system checks and the management commands."""

    name = "workshift"

    def ready(self) -> None:
        """Have `runserver` start anew after an edit of `.env`, and the database kept private."""
        autoreload_started.connect(_watch_dotenv)
        connection_created.connect(private.close_database)


def _watch_dotenv(sender: BaseReloader, **_: Any) -> None:
    sender.extra_files.add(conf.dotenv())
