"""The queries that make the moves of `states`: claim, sweep and the rest, safe to run in parallel.

Every move is one conditional UPDATE, so only one of several processes succeeds.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connections, models, transaction
from django.utils import timezone

from .. import conf
from .states import CLAIM, GIVE_UP, RELEASE, RETRY, TRY_AGAIN, Move, Status

if TYPE_CHECKING:
    from .models import DurableTask

Row = TypeVar("Row", bound="DurableTask")
Answer = TypeVar("Answer")

# How often to try to reach a database that has just gone down.
TRIES = 5


def due_after_grace() -> datetime:
    """Return when the sweep checks a row that is hinted now: in `DURABLE_GRACE_SECONDS`."""
    return timezone.now() + timedelta(seconds=conf.durable("GRACE_SECONDS"))


class DurableQuerySet(models.QuerySet[Row]):
    """What can be done to the rows of a durable task."""

    def claim(self, pk: uuid.UUID | str, attempts: int) -> Row | None:
        """Take the row for `DURABLE_LEASE_SECONDS` if it is pending after this many attempts.

        Otherwise return None: another worker has it, it is finished or deleted, or it has been
        tried since the hint was sent.
        """
        until = timezone.now() + timedelta(seconds=conf.durable("LEASE_SECONDS"))

        def take() -> Row | None:
            pending = self.filter(pk=pk, attempts=attempts)
            pending.move(CLAIM, attempts=attempts + 1, due_at=until)
            # Whoever claims when the database goes down does not learn whether it was in time. No
            # two claims of a row end in the same microsecond, so the next try sees it.
            return self.filter(pk=pk, attempts=attempts + 1, due_at=until).first()

        return self._insist(take)

    def release(self, pk: uuid.UUID | str, attempts: int) -> None:
        """Undo the claim that was made with this hint; the attempt does not count.

        Call this only after ending the process that worked on the row and returning the hint to the
        queue.
        """
        self.filter(pk=pk, attempts=attempts + 1).move(
            RELEASE, attempts=attempts, due_at=due_after_grace()
        )

    def sweep(self, limit: int) -> list[Row]:
        """Take back the rows whose lease has expired, and return those that are due for a hint.

        At most `limit` rows of each kind, those that have waited longest first.
        """
        now = timezone.now()
        due = self.filter(due_at__lte=now, status__in=[Status.PENDING, Status.RUNNING])
        if not due.exists():
            return []
        with transaction.atomic(using=self.db):
            expired = due.held(Status.RUNNING, limit)
            why = {"last_error": "The worker stopped before it had finished."}
            last = expired.filter(attempts__gte=conf.durable("ATTEMPTS"))
            last.move(GIVE_UP, finished_at=now, **why)
            expired.move(RETRY, due_at=now, **why)

            waiting = due.held(Status.PENDING, limit)
            rows = list(waiting)
            waiting.update(due_at=due_after_grace())
        return rows

    def try_again(self) -> int:
        """Give the failed rows in this queryset all their attempts again; return their number.

        The next sweep hints them.
        """
        return self.move(TRY_AGAIN, attempts=0, due_at=timezone.now(), finished_at=None)

    def clean_up(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` rows that were done before this time, the oldest first.

        Returns their number.
        """
        # By the index: a row that is done is still "due" when its last lease would have ended.
        old = self.filter(status=Status.DONE, due_at__lt=before, finished_at__lt=before)
        pks = list(old.order_by("due_at").values_list("pk", flat=True)[:limit])
        self.filter(pk__in=pks).delete()
        return len(pks)

    def move(self, move: Move, **values: Any) -> int:
        """Make `move` on the rows in a state that permits it; return their number."""
        return self.filter(status__in=move.before).update(
            status=move.after, updated_at=timezone.now(), **values
        )

    def insist_on(self, move: Move, **values: Any) -> int:
        """Make `move` as above, even if the database has just gone down.

        Raises the error of the last try.
        """
        return self._insist(lambda: self.move(move, **values))

    def _insist(self, ask: Callable[[], Answer]) -> Answer:
        """Ask `TRIES` times, a second apart, each time with a new connection.

        If the time limit is reached meanwhile, that costs one try.
        """
        tries = 0
        while True:
            tries += 1
            try:
                # In here, because the time limit is most likely reached while waiting.
                if tries > 1:
                    connections[self.db].close()
                    time.sleep(1)
                return ask()
            except (InterfaceError, OperationalError, SoftTimeLimitExceeded):
                if tries == TRIES:
                    raise

    def held(self, status: Status, limit: int) -> Self:
        """Return up to `limit` rows in this state that no other sweep holds.

        They are locked until the transaction ends, if the database can skip locked rows. Otherwise
        two sweeps may see the same row, and the second hint finds it claimed.
        """
        rows = self.filter(status=status)
        free = rows.order_by("due_at")
        if connections[self.db].features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True)
        return rows.filter(pk__in=list(free.values_list("pk", flat=True)[:limit]))
