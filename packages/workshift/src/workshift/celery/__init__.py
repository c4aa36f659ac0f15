"""A Celery app with what Celery leaves to each project. Each module here also works alone."""

from .app import Celery

__all__ = ["Celery"]
