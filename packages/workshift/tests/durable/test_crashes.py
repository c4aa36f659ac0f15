"""Every window in which a crash may fall: the process is stopped exactly there, and killed."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from tests.durable.conftest import kill
from tests.durable.parcels.models import ParcelQuerySet
from tests.durable.test_states import hints
from workshift.durable.states import Status
from workshift.testing.processes import RedisServer, Worker, eventually

Start = Callable[..., Worker]
Delivered = Callable[[], list[str]]
Shell = Callable[[str], subprocess.Popen[bytes]]


def stop_at(folder: Path, point: str) -> Callable[[], bool]:
    """Have the next process stop at that point; return what tells whether it has."""
    (folder / f"stop {point}").touch()
    return (folder / f"stopped {point}").exists


@pytest.mark.parametrize(
    ("point", "status", "attempts", "times"),
    [
        ("before the claim", Status.PENDING, 1, 1),
        ("before the work", Status.RUNNING, 2, 1),
        # The one window that nothing can close: the work is done, and nobody knows.
        ("before the mark", Status.RUNNING, 2, 2),
    ],
)
def test_a_worker_killed_at_this_point_loses_nothing(
    parcels: ParcelQuerySet,
    start: Start,
    delivered: Delivered,
    tmp_path: Path,
    point: str,
    status: Status,
    attempts: int,
    times: int,
) -> None:
    worker = start()
    stopped = stop_at(tmp_path, point)
    parcel = parcels.create()
    eventually(stopped)
    kill(worker)
    assert parcels.get().status == status

    # What the lease is for, without sitting it out.
    parcels.filter(status=Status.RUNNING).update(due_at=timezone.now())
    start()
    eventually(lambda: parcels.get().status == Status.DONE)

    assert delivered() == times * [str(parcel.pk)]
    assert parcels.get().attempts == attempts


def test_a_web_process_killed_between_commit_and_hint_loses_nothing(
    parcels: ParcelQuerySet,
    redis_server: RedisServer,
    shell: Shell,
    start: Start,
    delivered: Delivered,
    tmp_path: Path,
) -> None:
    stopped = stop_at(tmp_path, "before the hint")
    web = shell("from tests.durable.parcels.models import Parcel; Parcel.objects.create()")
    eventually(stopped)
    web.kill()
    web.wait()
    parcel = parcels.get()
    assert hints(redis_server) == 0

    start()
    eventually(lambda: parcels.get().status == Status.DONE)

    assert delivered() == [str(parcel.pk)]


def test_a_hint_that_redis_took_with_it_is_sent_again(
    parcels: ParcelQuerySet, mortal_redis: RedisServer, start: Start, delivered: Delivered
) -> None:
    parcel = parcels.create()
    assert hints(mortal_redis) == 1
    mortal_redis.stop()
    mortal_redis.start()
    assert hints(mortal_redis) == 0

    start()
    eventually(lambda: parcels.get().status == Status.DONE)

    assert delivered() == [str(parcel.pk)]


def test_a_hint_that_vanishes_on_its_way_to_a_running_worker_is_sent_again(
    parcels: ParcelQuerySet, redis_server: RedisServer, start: Start, delivered: Delivered
) -> None:
    worker = start()
    os.killpg(worker.pid, signal.SIGSTOP)
    parcel = parcels.create()
    # The stopped worker's BRPOP took it, or we do: either way it has left Redis unread.
    redis_server.client.delete("test:" + current_app.conf.task_default_queue)
    kill(worker)

    start()
    eventually(lambda: parcels.get().status == Status.DONE)

    assert delivered() == [str(parcel.pk)]


def test_redis_may_die_while_the_workers_run(
    parcels: ParcelQuerySet, mortal_redis: RedisServer, start: Start, delivered: Delivered
) -> None:
    start()
    mortal_redis.stop()
    before = parcels.create()
    mortal_redis.start()
    after = parcels.create()

    eventually(lambda: parcels.filter(status=Status.DONE).count() == 2)

    assert sorted(delivered()) == sorted([str(before.pk), str(after.pk)])


def test_a_worker_that_does_not_know_the_task_loses_nothing(
    parcels: ParcelQuerySet, start: Start, delivered: Delivered
) -> None:
    old = start(DJANGO_SETTINGS_MODULE="tests.mysite.settings")
    parcel = parcels.create()
    old.wait_for("The code of this worker has no task ")
    kill(old)

    start()
    eventually(lambda: parcels.get().status == Status.DONE)

    assert delivered() == [str(parcel.pk)]


def test_a_silent_broker_keeps_one_request_waiting_and_not_the_next(
    parcels: ParcelQuerySet, mortal_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    port = mortal_redis.client.connection_pool.connection_kwargs["port"]
    mortal_redis.stop()
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        silent.bind(("127.0.0.1", port))
        silent.listen()
        create(parcels)
        first = parcels.get()
        create(parcels)

    (record,) = caplog.records
    assert f"{first.pk}, attempt 0 is saved, but the workers could not be told" in record.message


@pytest.mark.parametrize("broker", ["refuses", "says nothing", "is full"])
def test_a_broker_that_is_away_does_not_break_the_request(
    parcels: ParcelQuerySet,
    mortal_redis: RedisServer,
    start: Start,
    delivered: Delivered,
    caplog: pytest.LogCaptureFixture,
    broker: str,
) -> None:
    port = mortal_redis.client.connection_pool.connection_kwargs["port"]
    with socket.socket() as silent:
        if broker == "is full":
            mortal_redis.client.config_set("maxmemory", 1)
        else:
            mortal_redis.stop()
        if broker == "says nothing":
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(("127.0.0.1", port))
            silent.listen()
        # In a thread, so that a request that hangs fails the test instead of hanging it.
        request = threading.Thread(target=create, args=(parcels,))
        request.start()
        request.join(20)
        assert not request.is_alive()
    if broker == "is full":
        mortal_redis.client.config_set("maxmemory", 0)
    else:
        mortal_redis.start()

    parcel = parcels.get()
    (record,) = caplog.records
    assert f"{parcel.pk}, attempt 0 is saved, but the workers could not be told" in record.message
    assert "\n" not in caplog.text.strip()
    assert hints(mortal_redis) == 0

    start()
    eventually(lambda: parcels.get().status == Status.DONE)
    assert delivered() == [str(parcel.pk)]


def create(parcels: ParcelQuerySet) -> None:
    """Save a parcel as a view does."""
    with transaction.atomic(using=parcels.db):
        parcels.create()
