"""A project as `django-admin startproject` and Celery's documentation make one."""

from .celery import app as celery_app

__all__ = ["celery_app"]
