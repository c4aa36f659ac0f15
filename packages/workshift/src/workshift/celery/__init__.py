"""A Celery app with what Celery itself leaves to each project; the modules here stand alone."""

from .app import Celery

__all__ = ["Celery"]
