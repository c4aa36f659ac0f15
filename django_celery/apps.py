"""The project package as a Django app."""

from django.apps import AppConfig

# Importing the module registers its checks.
from django_celery import checks  # noqa: F401


class DjangoCeleryConfig(AppConfig):
    """Brings the system checks and the management commands."""

    name = "django_celery"
