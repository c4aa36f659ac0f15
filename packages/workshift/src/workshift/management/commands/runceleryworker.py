"""`manage.py runceleryworker`: `runworker` where Django Channels has taken that name."""

from .runworker import Command

__all__ = ["Command"]
