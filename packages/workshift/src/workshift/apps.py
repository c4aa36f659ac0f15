"""The library's Django app: its checks and management commands."""

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
    """Provides the system checks and the management commands."""

    name = "workshift"

    def ready(self) -> None:
        """Restart `runserver` when `.env` changes, and keep the database private."""
        autoreload_started.connect(_watch_dotenv)
        connection_created.connect(private.close_database)


def _watch_dotenv(sender: BaseReloader, **_: Any) -> None:
    sender.extra_files.add(conf.dotenv())
