"""The project package: settings, URLs, the Celery app and the worker that reloads."""

from django_celery.celery import app as celery_app

__all__ = ["celery_app"]
