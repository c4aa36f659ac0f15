"""The abstract model of a durable task: a row that is processed until it is done or has failed."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from celery import Task
from django.db import models, transaction
from django.db.models.base import ModelBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerError

from .. import conf
from .backoff import backoff, reason
from .queryset import DurableQuerySet, due_after_grace
from .states import COMPLETE, GIVE_UP, RETRY, Status

logger = logging.getLogger(__name__)

# Seconds that a broker takes at most to refuse a hint if it is there at all, or its machine is.
_NOTICEABLE = 0.3

# Until when (monotonic clock) no new row of this process is hinted.
_silent_until = 0.0


class DueField(models.DateTimeField):  # type: ignore[type-arg]  # Generic for mypy only.
    """The time when the sweep looks at the row; in a migration, a plain date and time.

    Migrations stay forever and must not depend on the names of this package's functions.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take Django's options; a new row is due when its hint should have arrived."""
        super().__init__(*args, **{**kwargs, "default": due_after_grace})

    def deconstruct(self) -> Any:
        """Return the plain field for migrations."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, {**kwargs, "default": timezone.now}


def no_function(model: type[DurableTask]) -> str:
    """Return what to do if no function processes the rows of `model`."""
    return (
        f"No function processes the rows of {model._meta.label}: decorate one in the app's tasks.py "
        f"with @durable_task({model.__name__})."
    )


class DurableTask(models.Model):
    """A row that is processed until it is done or has failed for the last time.

    Create it in the transaction that saves the data it is about: when that commits, the workers are
    told. Saving an existing row never changes its state; only the moves of
    `workshift.durable.states` do.
    """

    # Permanent and impossible to guess, so usable in a URL and in a Message-ID.
    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(
        _("status"), max_length=7, choices=Status, default=Status.PENDING, editable=False
    )
    # Pending: when the sweep hints the row. Running: when the lease ends.
    due_at = DueField(_("due"), editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    last_error = models.TextField(_("last error"), default="", editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = DurableQuerySet.as_manager()

    # The Celery task that works on these rows; `durable_task` sets it.
    celery_task: ClassVar[Task[[str, int], str]]

    class Meta:
        """A subclass with its own Meta must inherit this one, for the index."""

        abstract = True
        # For the sweep and the clean-up.
        indexes: ClassVar[tuple[models.Index, ...]] = (models.Index(fields=["status", "due_at"]),)

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Save a new row and hint it on commit, or save an existing row except for its state.

        `update_fields` works as usual.
        """
        is_new = self._state.adding
        if not is_new and update_fields is None:
            state = {field.attname for field in DurableTask._meta.local_concrete_fields}
            fields = {f.attname for f in self._meta.concrete_fields if not f.primary_key}
            update_fields = fields - state - self.get_deferred_fields() | {"updated_at"}
        super().save(
            force_insert=force_insert,
            force_update=force_update,
            using=using,
            update_fields=update_fields,
        )
        if is_new:
            transaction.on_commit(self._hint_at_once, using=self._state.db, robust=True)

    def hint(self) -> bool:
        """Tell the workers to process this row now; return whether the broker took the message.

        If the broker is down, this costs only the timeouts in the settings and one line in the log:
        the sweep hints the row again.
        """
        task = getattr(self, "celery_task", None)
        if task is None:
            logger.warning("%s is saved and waits. %s", self._label, no_function(type(self)))
            return False
        try:
            task.apply_async((str(self.pk), self.attempts), task_id=self.task_id)
        except BrokerError as error:
            logger.warning(
                "%s is saved, but the workers could not be told now; the sweep will. %s",
                self._label,
                reason(error),
            )
            return False
        return True

    def _hint_at_once(self) -> None:
        """Hint a new row, unless the broker has just kept somebody waiting for nothing.

        While it is silent, each attempt costs a second or more, and with every request waiting that
        long, the next ones would queue. The sweep hints the rows that this leaves out.
        """
        global _silent_until  # noqa: PLW0603 - what one request has found out spares the next.
        began = time.monotonic()
        if began >= _silent_until and not self.hint() and time.monotonic() > began + _NOTICEABLE:
            _silent_until = time.monotonic() + conf.durable("GRACE_SECONDS")

    @property
    def task_id(self) -> str:
        """The Celery task id of the current attempt, or else of the last one, for AsyncResult.

        For the first attempt it is the row's id; later attempts append their number. So Celery's
        log lines name the row.
        """
        before = self.attempts if self.status == Status.PENDING else max(self.attempts - 1, 0)
        return f"{self.pk}-{before + 1}" if before else str(self.pk)

    def complete(self) -> None:
        """Record at once that the work is done, even if another worker holds the row by now.

        Work that is not recorded is done twice. So this tries several times despite a lost
        connection or the time limit. Raises the error of the last try.
        """
        self._row.insist_on(COMPLETE, finished_at=timezone.now())

    def fail(self, error: BaseException) -> None:
        """Record a failed attempt: pending again after a wait, or failed if it was the last.

        Does nothing if the lease has expired and the row belongs to another attempt. Tries as often
        as `complete`: the attempt may have failed because of a lost connection.
        """
        # No two claims of a row end in the same microsecond.
        mine = self._row.filter(due_at=self.due_at)
        why = reason(error)
        if self.attempts >= conf.durable("ATTEMPTS"):
            if mine.insist_on(GIVE_UP, last_error=why, finished_at=timezone.now()):
                logger.error("%s failed; it was the last. %s", self._label, why)
            return
        wait = backoff(self.attempts)
        if mine.insist_on(RETRY, last_error=why, due_at=timezone.now() + wait):
            seconds = wait.total_seconds()
            logger.warning("%s failed; the next is in %.0f s. %s", self._label, seconds, why)

    @property
    def _row(self) -> DurableQuerySet[Self]:
        return type(self).objects.using(self._state.db).filter(pk=self.pk)

    @property
    def _label(self) -> str:
        return f"{self._meta.label} {self.pk}, attempt {self.attempts}"
