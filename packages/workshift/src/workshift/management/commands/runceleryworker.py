"""`manage.py runceleryworker`: `runworker` for projects where Django Channels has that name."""

from .runworker import Command

__all__ = ["Command"]
