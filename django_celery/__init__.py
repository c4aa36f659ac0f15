"""The project package: settings, URLs and the Celery app."""

from django_celery.celery import app as celery_app

__all__ = ["celery_app"]
