"""Many rows: what nobody needs is deleted, and no query of ours reads them all (PostgreSQL's plans)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from tests.durable.parcels.models import Parcel, ParcelQuerySet
from workshift.durable import tasks
from workshift.durable.admin import BoundedPaginator
from workshift.durable.states import Status

# Rows that are done; enough for PostgreSQL to prefer an index.
MANY = 2000


def finish(parcels: ParcelQuerySet, *, days: int, status: Status = Status.DONE) -> Parcel:
    """A row that was finished so many days ago."""
    parcel = parcels.create()
    then = timezone.now() - timedelta(days=days)
    parcels.filter(pk=parcel.pk).update(status=status, due_at=then, finished_at=then)
    return parcel


def left(parcels: ParcelQuerySet) -> set[Parcel]:
    """The rows that are still there."""
    return set(parcels.all())


def test_the_clean_up_deletes_what_has_been_done_for_long(parcels: ParcelQuerySet) -> None:
    old = [finish(parcels, days=days) for days in (31, 32, 33)]
    kept = {
        finish(parcels, days=29),
        finish(parcels, days=99, status=Status.FAILED),
        finish(parcels, days=99, status=Status.PENDING),
        finish(parcels, days=99, status=Status.RUNNING),
    }
    before = timezone.now() - timedelta(days=30)

    assert parcels.clean_up(before, limit=2) == 2
    assert left(parcels) == {old[0], *kept}
    assert parcels.clean_up(before, limit=2) == 1
    assert parcels.clean_up(before, limit=2) == 0
    assert left(parcels) == kept


def test_the_clean_up_goes_on_batch_after_batch(
    parcels: ParcelQuerySet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send() -> None:
        sent.append("again")

    sent: list[str] = []
    monkeypatch.setattr(tasks, "BATCH", 2)
    monkeypatch.setattr(tasks, "BATCHES", 2)
    monkeypatch.setattr(tasks, "durable_models", lambda: [Parcel])
    monkeypatch.setattr(tasks.clean_up, "delay", send)
    # As in a worker, whose only database it is.
    monkeypatch.setattr(type(Parcel.objects), "clean_up", parcels.clean_up)
    for _ in range(5):
        finish(parcels, days=31)

    tasks.clean_up()
    assert (len(left(parcels)), sent) == (5, [])

    settings.DURABLE_KEEP_DAYS = 30
    tasks.clean_up()
    assert (len(left(parcels)), sent) == (1, ["again"])
    tasks.clean_up()
    assert (len(left(parcels)), sent) == (0, ["again"])


def test_a_clean_up_that_nothing_sends_is_named(settings: Settings) -> None:
    settings.DURABLE_KEEP_DAYS = 30
    assert "durable.W004" in {message.id for message in run_checks(tags=["durable"])}

    settings.DURABLE_KEEP_DAYS = 0
    assert "durable.E001" in {message.id for message in run_checks(tags=["durable"])}


@pytest.fixture
def plans(parcels: ParcelQuerySet) -> Callable[[Callable[[], object]], list[str]]:
    """Return how PostgreSQL runs each query of a function, in a table with many rows that are done."""
    then = timezone.now() - timedelta(days=1)
    parcels.bulk_create(
        [Parcel(status=Status.DONE, due_at=then, finished_at=then) for _ in range(MANY)]
    )
    connection = connections[parcels.db]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE parcels_parcel")

    def plans(ask: Callable[[], object]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            ask()
        found = []
        for query in queries:
            if query["sql"].startswith(("SELECT", "UPDATE", "DELETE")):
                with connection.cursor() as cursor:
                    cursor.execute("EXPLAIN " + query["sql"])
                    found.append("\n".join(line for (line,) in cursor))
        assert found
        return found

    return plans


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_query_of_a_worker_reads_all_rows(
    parcels: ParcelQuerySet, plans: Callable[[Callable[[], object]], list[str]]
) -> None:
    due = [parcels.create() for _ in range(4)]
    past = timezone.now() - timedelta(seconds=1)
    parcels.filter(pk__in=[row.pk for row in due]).update(due_at=past)
    parcels.filter(pk=due[0].pk).update(status=Status.RUNNING)

    def work() -> None:
        assert len(parcels.sweep(limit=10)) == 4
        claimed = parcels.claim(due[1].pk, 0)
        assert claimed
        claimed.complete()
        parcels.clean_up(timezone.now() - timedelta(days=2), limit=10)

    for plan in plans(work):
        assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_of_the_admin_counts_no_further_than_its_bound(
    parcels: ParcelQuerySet, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels.bulk_create([Parcel() for _ in range(30)])
    monkeypatch.setattr(BoundedPaginator, "BOUND", 20)

    pages = BoundedPaginator(parcels.order_by("pk"), 10)
    assert (str(pages.count), pages.num_pages) == ("20+", 2)
    with CaptureQueriesContext(connections[parcels.db]) as queries:
        assert BoundedPaginator(parcels.order_by("pk"), 10).count == 20
    assert "LIMIT 21" in queries[0]["sql"]
    assert "ORDER BY" not in queries[0]["sql"]

    monkeypatch.setattr(BoundedPaginator, "BOUND", 30)
    assert str(BoundedPaginator(parcels.order_by("pk"), 10).count) == "30"
