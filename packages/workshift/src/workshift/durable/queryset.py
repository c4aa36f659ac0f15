"""The queries that make the moves of `states`: claim, sweep and the rest, safe side by side.

Every move is one conditional UPDATE, so that of any number of processes one wins.
"""

from __future__ import annotations

import time
import uuid
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

# How often `insist_on` tries to reach a database that has just gone away.
TRIES = 5


def due_after_grace() -> datetime:
    """Return when the sweep looks after a row that was hinted now: in `DURABLE_GRACE_SECONDS`."""
    return timezone.now() + timedelta(seconds=conf.durable("GRACE_SECONDS"))


class DurableQuerySet(models.QuerySet[Row]):
    """What can be done to the rows of a durable task."""

    def claim(self, pk: uuid.UUID | str, attempts: int) -> Row | None:
        """Take the row for `DURABLE_LEASE_SECONDS`, if it is pending after so many attempts.

        Return None if it is not: another worker has it, it is finished or gone, or it has been
        tried since the hint was sent.
        """
        lease = timedelta(seconds=conf.durable("LEASE_SECONDS"))
        claimed = self.filter(pk=pk, attempts=attempts).move(
            CLAIM, attempts=attempts + 1, due_at=timezone.now() + lease
        )
        return self.filter(pk=pk).first() if claimed else None

    def release(self, pk: uuid.UUID | str, attempts: int) -> None:
        """Undo the claim that was made with this hint; the attempt does not count.

        Only for whoever has ended the process that worked on the row, and has put the hint back
        into the queue.
        """
        self.filter(pk=pk, attempts=attempts + 1).move(
            RELEASE, attempts=attempts, due_at=due_after_grace()
        )

    def sweep(self, limit: int) -> list[Row]:
        """Take back the rows whose lease ran out, and return those that are due for a hint.

        At most `limit` rows of either kind, those that have waited longest first.
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
        """Give the failed rows among these all their attempts again; return how many there were.

        The next sweep hints them.
        """
        return self.move(TRY_AGAIN, attempts=0, due_at=timezone.now(), finished_at=None)

    def move(self, move: Move, **values: Any) -> int:
        """Make `move` with those of the rows that it permits; return how many there were."""
        return self.filter(status__in=move.before).update(
            status=move.after, updated_at=timezone.now(), **values
        )

    def insist_on(self, move: Move, **values: Any) -> int:
        """Make `move` as above, though the database may have just gone away.

        Tries `TRIES` times, a second apart, each time with a new connection. The time limit, if it
        comes meanwhile, costs one of them. Raises the last try's error.
        """
        tries = 0
        while True:
            tries += 1
            try:
                # In here, because this is where the time goes, and so where the limit comes.
                if tries > 1:
                    connections[self.db].close()
                    time.sleep(1)
                return self.move(move, **values)
            except (InterfaceError, OperationalError, SoftTimeLimitExceeded):
                if tries == TRIES:
                    raise

    def held(self, status: Status, limit: int) -> Self:
        """Return up to `limit` of the rows in that state that no other sweep holds.

        They are locked until the transaction ends, where the database can skip what others have
        locked. Elsewhere two sweeps may see the same row, and the second hint finds it claimed.
        """
        rows = self.filter(status=status)
        free = rows.order_by("due_at")
        if connections[self.db].features.has_select_for_update_skip_locked:
            free = free.select_for_update(skip_locked=True)
        return rows.filter(pk__in=list(free.values_list("pk", flat=True)[:limit]))
