"""The project package as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created
from django.utils.autoreload import BaseReloader, autoreload_started

# Importing the module registers its checks.
from django_celery import checks, private  # noqa: F401


class DjangoCeleryConfig(AppConfig):
    """Brings the system checks and the management commands."""

    name = "django_celery"

    def ready(self) -> None:
        """Have `runserver` start anew after an edit of `.env`, and the database kept private."""
        autoreload_started.connect(_watch_dotenv)
        connection_created.connect(private.close_database)


def _watch_dotenv(sender: BaseReloader, **_: Any) -> None:
    sender.extra_files.add(settings.DOTENV)
