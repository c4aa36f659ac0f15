"""Rows in the hands of real workers: done once, tried again, given up."""

import re
import signal
import subprocess
import threading
from collections.abc import Callable

import pytest
from django.db import connections
from django.utils import timezone

from tests.durable.parcels.models import Parcel, ParcelQuerySet
from tests.durable.parcels.tasks import deliver, nothing
from workshift.durable.states import Status
from workshift.durable.tasks import QUEUE_ROOM, messages_waiting, sweep
from workshift.testing.processes import RedisServer, Worker, eventually

Start = Callable[..., Worker]
Delivered = Callable[[], list[str]]
Shell = Callable[[str], subprocess.Popen[bytes]]


def finished(parcels: ParcelQuerySet) -> Callable[[], bool]:
    """Tell whether every row is in a final state."""
    return lambda: not parcels.exclude(status__in=[Status.DONE, Status.FAILED]).exists()


def test_a_worker_does_the_work_when_it_is_told(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    worker = start()
    parcel = parcels.create()

    eventually(finished(parcels))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts, parcel.last_error) == (Status.DONE, 1, "")
    assert delivered() == [str(parcel.pk)]
    worker.wait_for(f"deliver[{parcel.pk}] succeeded")
    assert "durable.tasks.sweep" not in worker.output.partition(" ready.")[2]


def test_six_processes_do_each_row_once(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    rows = [parcels.create() for _ in range(60)]
    for _ in range(5):
        for row in rows:
            row.hint()
        sweep.delay()

    start("--concurrency", "6")
    eventually(finished(parcels))
    eventually(lambda: messages_waiting(deliver) == 0)

    assert sorted(delivered()) == sorted(str(row.pk) for row in rows)
    assert set(parcels.values_list("status", "attempts")) == {(Status.DONE, 1)}


def test_a_failed_attempt_is_followed_by_another(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    worker = start()
    parcel = parcels.create(trouble="fails once")

    eventually(finished(parcels))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.DONE, 2)
    assert parcel.last_error == "RuntimeError: The first door was closed."
    assert delivered() == [str(parcel.pk)]
    worker.wait_for(f"parcels.Parcel {parcel.pk}, attempt 1 failed; the next is in ")
    worker.wait_for("Traceback")


def test_a_row_that_always_fails_ends_as_failed_until_it_is_tried_again(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    worker = start()
    parcel = parcels.create(trouble="fails")

    eventually(finished(parcels))
    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.FAILED, 3)
    assert parcel.last_error == r"RuntimeError: No such street\x00."
    worker.wait_for("attempt 3 failed; it was the last.")

    parcels.update(trouble="")
    parcels.try_again()
    eventually(lambda: delivered() == [str(parcel.pk)])
    eventually(lambda: parcels.get().status == Status.DONE)


@pytest.mark.parametrize(
    ("trouble", "status", "reason"),
    [
        # Interrupted by the soft limit, in each attempt.
        ("hangs", Status.FAILED, "It took longer than its time limit."),
        # Killed by the hard limit, in the first attempt.
        ("is deaf", Status.DONE, "The worker stopped before it had finished."),
        ("exits", Status.FAILED, "TaskExitError: The task called sys.exit('for good')."),
        # Kills the process that works on it, in each attempt.
        ("kills", Status.FAILED, "The worker stopped before it had finished."),
    ],
)
def test_a_row_that_costs_its_worker_ends_as_well(
    parcels: ParcelQuerySet, start: Start, trouble: str, status: Status, reason: str
) -> None:
    start(LEASE="3")
    healthy = parcels.create()
    parcel = parcels.create(trouble=trouble)

    eventually(finished(parcels))

    parcel.refresh_from_db()
    healthy.refresh_from_db()
    assert (parcel.status, parcel.last_error) == (status, reason)
    assert parcel.attempts == (3 if status == Status.FAILED else 2)
    assert healthy.status == Status.DONE


@pytest.mark.parametrize(
    "message",
    [
        # It has no table yet.
        "parcels.Crate was not swept. ",
        "parcels.Bag was not swept. No function processes the rows of parcels.Bag: decorate one ",
    ],
)
def test_a_model_that_cannot_be_swept_does_not_hold_up_the_others(
    parcels: ParcelQuerySet, redis_server: RedisServer, start: Start, message: str
) -> None:
    parcels.create()
    redis_server.client.flushall()
    worker = start()

    worker.wait_for(message)
    eventually(finished(parcels))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_work_that_outlives_its_connection_is_marked_all_the_same(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    # Older versions of Django notice with the next query, which is tried again a second later.
    start(TIME_LIMIT="20")
    parcel = parcels.create(trouble="loses database")

    eventually(finished(parcels))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.DONE, 1)
    assert delivered() == [str(parcel.pk)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_work_that_fails_with_its_connection_is_tried_again(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    # Older versions of Django notice with the next query, which is tried again a second later.
    start(TIME_LIMIT="20")
    parcel = parcels.create(trouble="needs database")

    eventually(finished(parcels))

    parcel.refresh_from_db()
    assert (parcel.status, parcel.attempts) == (Status.DONE, 2)
    assert "terminating connection due to administrator command" in parcel.last_error
    assert delivered() == [str(parcel.pk)]


def test_the_sweep_does_not_make_a_long_queue_longer(
    parcels: ParcelQuerySet, redis_server: RedisServer, shell: Shell
) -> None:
    # Saved in bulk, so without a hint.
    parcels.bulk_create([Parcel() for _ in range(30)])
    parcels.update(due_at=timezone.now())
    for _ in range(QUEUE_ROOM - 20):
        nothing.delay()
    assert messages_waiting(deliver) == QUEUE_ROOM - 20

    # On a busy machine, half a second would have passed between the two.
    patient = "from django.conf import settings; settings.DURABLE_GRACE_SECONDS = 600"
    sweep_twice = f"{patient}; from workshift.durable.tasks import sweep; sweep(); sweep()"
    assert shell(sweep_twice).wait() == 0
    assert messages_waiting(deliver) == QUEUE_ROOM

    parcels.update(due_at=timezone.now())
    redis_server.client.flushall()
    assert shell(sweep_twice).wait() == 0
    assert messages_waiting(deliver) == 30


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_backlog_does_not_wait_for_the_schedule(
    parcels: ParcelQuerySet, redis_server: RedisServer, start: Start
) -> None:
    parcels.bulk_create([Parcel(trouble="no work") for _ in range(QUEUE_ROOM + 200)])
    parcels.update(due_at=timezone.now())

    # Its beat sends no sweep within an hour; only that of its start is there, and what follows it.
    start(SWEEP="3600", TIME_LIMIT="120")

    eventually(finished(parcels))
    assert set(parcels.values_list("status", "attempts")) == {(Status.DONE, 1)}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("queue", ["mysite", "mails"])
def test_the_next_sweep_waits_behind_the_hints_of_the_last(
    parcels: ParcelQuerySet, redis_server: RedisServer, shell: Shell, queue: str
) -> None:
    parcels.bulk_create([Parcel() for _ in range(QUEUE_ROOM + 100)])
    parcels.update(due_at=timezone.now())
    sweep_it = f"""
from workshift.durable.tasks import durable_task, sweep
from tests.durable.parcels.models import Parcel
durable_task(Parcel, name="mail", queue={queue!r})(str)
sweep()
"""
    assert shell(sweep_it).wait() == 0
    waiting = redis_server.client.lrange(f"test:{queue}", 0, -1)
    assert len(waiting) == QUEUE_ROOM + 1
    assert b"workshift.durable.sweep" in waiting[0]

    # There is no room for more, so nothing follows.
    assert shell(sweep_it).wait() == 0
    assert redis_server.client.llen(f"test:{queue}") == QUEUE_ROOM + 1


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_rolling_release_under_load_loses_nothing(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    rows: list[str] = []
    ordinary: list[str] = []
    released = threading.Event()

    def load() -> None:
        while not released.wait(0.01):
            rows.append(str(parcels.create().pk))
            ordinary.append(nothing.delay().id)
        connections[parcels.db].close()

    workers = [start(), start()]
    load_thread = threading.Thread(target=load)
    load_thread.start()
    try:
        for old in tuple(workers):
            workers.append(start())
            old.tell(signal.SIGTERM)
            assert old.wait() == 0
    finally:
        released.set()
        load_thread.join()

    eventually(finished(parcels))
    assert sorted(delivered()) == sorted(rows)
    # None has waited for a lease, or for Redis to give it to another worker.
    assert set(parcels.values_list("status", "attempts")) == {(Status.DONE, 1)}

    def runs() -> list[str]:
        lines = "".join(worker.output for worker in workers)
        return re.findall(r"\.nothing\[(\S+)\] succeeded", lines)

    eventually(lambda: len(runs()) >= len(ordinary))
    assert sorted(runs()) == sorted(ordinary)


def test_the_sweep_looks_into_the_queue_that_the_task_asks_for(
    parcels: ParcelQuerySet, redis_server: RedisServer, shell: Shell
) -> None:
    parcels.bulk_create([Parcel() for _ in range(30)])
    parcels.update(due_at=timezone.now())
    redis_server.client.rpush("test:mails", *["message"] * (QUEUE_ROOM - 20))
    # Another one, which is full, says nothing about it.
    redis_server.client.rpush("test:mysite", *["message"] * QUEUE_ROOM)

    sweep_twice = """
from workshift.durable.tasks import durable_task, sweep
from tests.durable.parcels.models import Parcel
durable_task(Parcel, name="mail", queue="mails")(str)
sweep(); sweep()
"""
    assert shell(sweep_twice).wait() == 0
    assert redis_server.client.llen("test:mails") == QUEUE_ROOM
