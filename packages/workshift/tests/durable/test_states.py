"""Each move between the states, and what only looks like one; no worker runs."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from tests.durable.parcels.models import Parcel, ParcelQuerySet
from tests.durable.parcels.tasks import lose
from workshift.durable import backoff as attempts
from workshift.durable.states import Status
from workshift.testing.processes import RedisServer

QUEUE = "test:" + settings.CELERY_TASK_DEFAULT_QUEUE


def hints(redis_server: RedisServer) -> int:
    """How many messages wait in the queue."""
    length: int = redis_server.client.llen(QUEUE)
    return length


def make(parcels: ParcelQuerySet, **state: object) -> Parcel:
    """A parcel in that state, read back from the database."""
    parcel = parcels.create()
    parcels.filter(pk=parcel.pk).update(**state)
    return parcels.get(pk=parcel.pk)


def overdue() -> dict[str, object]:
    """What makes a row due for the sweep."""
    return {"due_at": timezone.now() - timedelta(seconds=1)}


def test_a_new_row_is_pending_and_hinted_when_its_transaction_commits(
    parcels: ParcelQuerySet, redis_server: RedisServer
) -> None:
    with transaction.atomic(using=parcels.db):
        parcel = parcels.create()
        assert hints(redis_server) == 0
    assert hints(redis_server) == 1

    parcel = parcels.get(pk=parcel.pk)
    assert (parcel.status, parcel.attempts, parcel.last_error) == (Status.PENDING, 0, "")
    assert parcel.due_at > parcel.created_at
    assert parcel.finished_at is None


def test_a_row_that_is_rolled_back_is_not_hinted(
    parcels: ParcelQuerySet, redis_server: RedisServer
) -> None:
    with transaction.atomic(using=parcels.db):
        parcels.create()
        transaction.set_rollback(True, using=parcels.db)

    assert hints(redis_server) == 0
    assert not parcels.exists()


def test_a_claim_takes_a_row_once(parcels: ParcelQuerySet) -> None:
    pk = parcels.create().pk

    claimed = parcels.claim(pk, 0)
    assert claimed
    assert (claimed.status, claimed.attempts) == (Status.RUNNING, 1)
    assert claimed.due_at > timezone.now() + timedelta(seconds=30)
    assert parcels.claim(pk, 0) is None
    assert parcels.claim(pk, 1) is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["UPDATE", "SELECT"])
def test_a_claim_outlives_a_lost_database(
    parcels: ParcelQuerySet, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    pk = parcels.create().pk
    connection = connections[parcels.db]
    lost: list[str] = []

    def lose_before(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        if sql.startswith(statement) and not lost:
            lost.append(sql)
            with pytest.raises(OperationalError):
                lose(connection)
        return execute(sql, *others)

    monkeypatch.setattr("workshift.durable.queryset.time.sleep", lambda _: None)
    with connection.execute_wrapper(lose_before):
        claimed = parcels.claim(pk, 0)

    assert lost
    assert claimed
    assert (claimed.status, claimed.attempts) == (Status.RUNNING, 1)


def test_an_old_hint_does_not_cut_the_wait_short(parcels: ParcelQuerySet) -> None:
    parcel = make(parcels, attempts=1)

    assert parcels.claim(parcel.pk, 0) is None
    assert parcels.claim(parcel.pk, 1)


def test_a_hint_for_a_row_that_is_gone_does_nothing(parcels: ParcelQuerySet) -> None:
    assert parcels.claim("00000000-0000-4000-8000-000000000000", 0) is None


@pytest.mark.parametrize("status", Status)
def test_done_is_done_whatever_became_of_the_row(parcels: ParcelQuerySet, status: Status) -> None:
    parcel = make(parcels, status=status)

    parcel.complete()

    parcel.refresh_from_db()
    assert parcel.status == Status.DONE
    assert parcel.finished_at


def test_a_failed_attempt_waits_for_the_next(parcels: ParcelQuerySet) -> None:
    parcel = parcels.claim(parcels.create().pk, 0)
    assert parcel

    parcel.fail(ValueError("No\nsuch\0street."))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.PENDING, 1)
    assert parcel.last_error == "ValueError: No such\\x00street."
    assert parcel.due_at > timezone.now()
    assert parcel.finished_at is None


def test_the_last_failed_attempt_is_final(parcels: ParcelQuerySet) -> None:
    parcel = parcels.claim(make(parcels, attempts=2).pk, 2)
    assert parcel

    parcel.fail(ValueError("No such street."))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.FAILED, 3)
    assert parcel.finished_at


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("status", [Status.DONE, Status.PENDING])
def test_the_time_limit_may_come_while_a_lost_database_is_awaited(
    parcels: ParcelQuerySet, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    parcel = parcels.claim(parcels.create().pk, 0)
    assert parcel
    with pytest.raises(OperationalError):
        lose(connections[parcels.db])
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            raise SoftTimeLimitExceeded

    monkeypatch.setattr("workshift.durable.queryset.time.sleep", sleep)
    if status == Status.DONE:
        parcel.complete()
    else:
        parcel.fail(ValueError("No such street."))

    assert len(waits) == 2
    assert parcels.get().status == status


@pytest.mark.parametrize("count", [1, 3])
def test_who_has_lost_the_lease_cannot_fail_the_row(parcels: ParcelQuerySet, count: int) -> None:
    late = parcels.claim(make(parcels, attempts=count - 1).pk, count - 1)
    assert late
    parcels.update(status=Status.PENDING)
    assert parcels.claim(late.pk, count)

    late.fail(ValueError("Too late."))

    late.refresh_from_db()
    assert (late.status, late.attempts, late.last_error) == (Status.RUNNING, count + 1, "")


def test_the_sweep_hints_what_is_due_once_in_a_grace(parcels: ParcelQuerySet) -> None:
    due = make(parcels, **overdue())
    make(parcels)
    make(parcels, status=Status.DONE, **overdue())
    make(parcels, status=Status.FAILED, **overdue())

    assert parcels.sweep(limit=10) == [due]
    assert parcels.sweep(limit=10) == []


def test_the_sweep_takes_those_first_that_waited_longest(parcels: ParcelQuerySet) -> None:
    rows = [
        make(parcels, due_at=timezone.now() - timedelta(seconds=seconds)) for seconds in range(20)
    ]

    assert set(parcels.sweep(limit=10)) == set(rows[10:])
    assert set(parcels.sweep(limit=10)) == set(rows[:10])
    assert parcels.sweep(limit=0) == []


def test_the_sweep_takes_back_a_row_whose_lease_ran_out(parcels: ParcelQuerySet) -> None:
    lost = make(parcels, status=Status.RUNNING, attempts=2, **overdue())
    held = make(parcels, status=Status.RUNNING, attempts=2)

    assert parcels.sweep(limit=10) == [lost]

    lost.refresh_from_db()
    held.refresh_from_db()
    assert (lost.status, lost.attempts) == (Status.PENDING, 2)
    assert lost.last_error == "The worker stopped before it had finished."
    assert held.status == Status.RUNNING


def test_the_sweep_gives_a_row_up_whose_last_worker_died(parcels: ParcelQuerySet) -> None:
    lost = make(parcels, status=Status.RUNNING, attempts=3, **overdue())

    assert parcels.sweep(limit=10) == []

    lost.refresh_from_db()
    assert lost.status == Status.FAILED
    assert lost.finished_at


def test_an_operator_can_have_failed_rows_tried_again(parcels: ParcelQuerySet) -> None:
    failed = make(parcels, status=Status.FAILED, attempts=3, finished_at=timezone.now())
    done = make(parcels, status=Status.DONE)

    assert parcels.try_again() == 1

    failed.refresh_from_db()
    done.refresh_from_db()
    assert (failed.status, failed.attempts, failed.finished_at) == (Status.PENDING, 0, None)
    assert done.status == Status.DONE
    assert parcels.sweep(limit=10) == [failed]


def test_saving_an_old_copy_leaves_the_state_alone(parcels: ParcelQuerySet) -> None:
    old = parcels.create()
    parcels.update(status=Status.DONE, attempts=1)

    old.trouble = "none"
    old.save()

    old.refresh_from_db()
    assert (old.status, old.attempts, old.trouble) == (Status.DONE, 1, "none")
    assert old.updated_at > old.created_at


def test_any_error_can_be_stored(parcels: ParcelQuerySet) -> None:
    parcel = parcels.claim(parcels.create().pk, 0)
    assert parcel

    parcel.fail(ValueError("Ё \0 \ud800 \r\n" + "long " * 1000))

    parcel.refresh_from_db()
    assert parcel.last_error.startswith("ValueError: Ё ")
    assert len(parcel.last_error) == attempts.LONGEST_REASON


def test_the_wait_doubles_up_to_an_hour_and_is_spread() -> None:
    for count, seconds in ((1, 10), (2, 20), (3, 40), (10, 3600), (10_000, 3600)):
        waits = [attempts.backoff(count).total_seconds() for _ in range(200)]
        assert seconds / 2 <= min(waits) < seconds < max(waits) <= seconds * 1.5


def test_the_index_serves_the_sweep(parcels: ParcelQuerySet) -> None:
    if connections[parcels.db].vendor == "postgresql":
        with connections[parcels.db].cursor() as cursor:
            # On an empty table PostgreSQL would rather read it all.
            cursor.execute("SET enable_seqscan = off")

    plan = parcels.filter(status=Status.PENDING, due_at__lte=timezone.now()).explain()

    assert "status" in plan.lower()
    assert "index" in plan.lower()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_sweep_waits_for_another(parcels: ParcelQuerySet) -> None:
    rows = [make(parcels, **overdue()) for _ in range(4)]
    lost = [make(parcels, status=Status.RUNNING, attempts=n, **overdue()) for n in (1, 1, 3, 3)]
    held = [rows[0].pk, lost[0].pk, lost[2].pk]
    swept: list[Parcel] = []

    def sweep() -> None:
        with connections[parcels.db].cursor() as cursor:
            cursor.execute("SET lock_timeout = 1")
        swept.extend(parcels.sweep(limit=10))
        connections[parcels.db].close()

    with transaction.atomic(using=parcels.db):
        list(parcels.select_for_update().filter(pk__in=held))
        other = threading.Thread(target=sweep)
        other.start()
        other.join()

    assert set(swept) == {*rows[1:], lost[1]}
    assert {parcel.pk for parcel in parcels.sweep(limit=10)} == {rows[0].pk, lost[0].pk}
    assert set(parcels.filter(status=Status.FAILED)) == {lost[2], lost[3]}


def test_a_claim_that_is_released_leaves_the_hint_valid(parcels: ParcelQuerySet) -> None:
    claimed = make(parcels, status=Status.RUNNING, attempts=1)

    parcels.release(claimed.pk, 0)

    claimed.refresh_from_db()
    assert (claimed.status, claimed.attempts) == (Status.PENDING, 0)
    assert claimed.due_at > timezone.now()
    assert parcels.claim(claimed.pk, 0)


def test_only_the_claim_of_that_hint_is_released(parcels: ParcelQuerySet) -> None:
    claimed = make(parcels, status=Status.RUNNING, attempts=1)

    parcels.release(claimed.pk, 1)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.attempts) == (Status.RUNNING, 1)

    claimed.complete()
    parcels.release(claimed.pk, 0)
    claimed.refresh_from_db()
    assert claimed.status == Status.DONE
