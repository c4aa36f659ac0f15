"""The states of a durable task and the moves between them: this table is the whole machine.

    move       from      to        when
    CLAIM      pending   running   a worker takes the row for the length of the lease
    COMPLETE   any       done      the work is done, whatever happened to the row meanwhile
    RELEASE    running   pending   its worker was stopped and gave back its tasks
    RETRY      running   pending   the attempt failed or its lease expired; more are left
    GIVE_UP    running   failed    the same, after the last attempt
    TRY_AGAIN  failed    pending   an operator asks for it

A row starts as pending. `queryset.DurableQuerySet` makes these moves, and nothing else changes a
state. `models.DurableTask` decides which move ends an attempt, in `complete` and `fail`.
"""

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """The state of a durable task."""

    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Move(NamedTuple):
    """A permitted change: from one of the states in `before` to `after`."""

    before: tuple[Status, ...]
    after: Status


CLAIM = Move((Status.PENDING,), Status.RUNNING)
COMPLETE = Move(tuple(Status), Status.DONE)
RELEASE = Move((Status.RUNNING,), Status.PENDING)
RETRY = Move((Status.RUNNING,), Status.PENDING)
GIVE_UP = Move((Status.RUNNING,), Status.FAILED)
TRY_AGAIN = Move((Status.FAILED,), Status.PENDING)
