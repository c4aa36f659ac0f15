"""How a durable task is called, and how it is not."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from celery.app.task import Task

from tests.durable.parcels.models import Parcel, ParcelQuerySet
from tests.durable.parcels.tasks import deliver
from workshift.durable.states import Status
from workshift.durable.tasks import durable_task
from workshift.testing.processes import RedisServer

RIGHT_CALL = (
    "processes rows of parcels.Parcel and takes no other arguments. Save a row, and the workers are "
    r"told: Parcel\.objects\.create\(.*\)\. For an existing row, call its hint\(\)\."
)

CALLS: dict[str, Callable[[Any], object]] = {
    "the tutorial's": lambda task: task.delay("a@b.example", "Hello"),
    "a row": lambda task: task.delay(Parcel()),
    "the key of a row": lambda task: task.delay(str(uuid.uuid4())),
    "a number": lambda task: task.delay(7, 0),
    "no arguments": lambda task: task.delay(),
    "by name": lambda task: task.apply_async(kwargs={"email_address": "a@b.example"}),
    "a signature": lambda task: task.s("a@b.example", "Hello").delay(),
    "a group": lambda task: (task.si("a@b.example", "Hello") | task.si("b", "c")).delay(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_other_arguments_are_refused_where_they_are_given(
    redis_server: RedisServer, call: Callable[[Any], object]
) -> None:
    with pytest.raises(TypeError, match=RIGHT_CALL):
        call(Parcel.celery_task)
    assert redis_server.client.keys("*") == []


ODD_IDS: list[Any] = ["no id", "", "%", "x" * 1_000_000, 7, None, {}, ["x"]]
ODD_ATTEMPTS: list[Any] = ["0", None, 0.5, {}, [0]]

ODD_HINTS = [(pk, 0) for pk in ODD_IDS] + [("5" * 32, attempts) for attempts in ODD_ATTEMPTS]


@pytest.mark.parametrize(("pk", "attempts"), ODD_HINTS, ids=range(len(ODD_HINTS)))
def test_a_message_with_other_arguments_asks_no_database(pk: Any, attempts: Any) -> None:
    """It has been put into the broker, past the call that would refuse it."""
    with pytest.raises(TypeError, match=r"^This is no hint for a row of parcels\.Parcel\.$"):
        deliver.run(pk, attempts)


def test_a_message_for_another_attempt_or_row_claims_nothing(parcels: ParcelQuerySet) -> None:
    parcel = parcels.create()
    for attempts in (-1, 1, 2**31, 10**30, -(10**30)):
        assert parcels.claim(str(parcel.pk), attempts) is None
    assert parcels.claim(str(uuid.uuid4()), 0) is None
    assert parcels.get().status == Status.PENDING


def test_a_base_class_of_its_own_stays_in_effect() -> None:
    class Mine(Task):  # type: ignore[type-arg]
        abstract = True

    @durable_task(Parcel, base=Mine)
    def weigh(parcel: Parcel) -> None: ...

    task: Any = weigh
    try:
        assert isinstance(task, Mine)
        with pytest.raises(TypeError, match=RIGHT_CALL):
            task.delay("a@b.example", "Hello")
    finally:
        Parcel.celery_task = deliver


@pytest.mark.parametrize(
    ("status", "attempts", "ending"),
    [
        (Status.PENDING, 0, ""),
        (Status.RUNNING, 1, ""),
        (Status.DONE, 1, ""),
        (Status.PENDING, 1, "-2"),
        (Status.RUNNING, 2, "-2"),
        (Status.FAILED, 3, "-3"),
    ],
)
def test_the_id_is_that_of_the_current_attempt_or_of_the_last(
    status: Status, attempts: int, ending: str
) -> None:
    parcel = Parcel(status=status, attempts=attempts)
    assert parcel.task_id == f"{parcel.pk}{ending}"
