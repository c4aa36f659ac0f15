"""A release replaces the workers one by one: none takes what it cannot finish soon, none loses any."""

import signal
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from celery import current_app
from celery.result import AsyncResult
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests import tasks
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, RedisServer, Worker, eventually


@pytest.fixture
def held(tmp_path: Path, redis_server: RedisServer) -> Callable[[], Path]:
    """Have a worker run a task, and return the file that lets it end."""

    def hold() -> Path:
        begun, until = tmp_path / "begun", tmp_path / "until"
        tasks.hold.delay(str(begun), str(until))
        eventually(begun.exists)
        return until

    return hold


def test_a_worker_that_is_told_to_stop_takes_no_more_tasks(
    start_worker: StartWorker, held: Callable[[], Path]
) -> None:
    # One process is free, so the worker is waiting for the next task.
    old = start_worker("--concurrency=2")
    until = held()

    old.tell(signal.SIGTERM)
    old.wait_for("The worker takes no more tasks, and ends after those that run: ")
    later = [tasks.add.delay(number, 1) for number in range(3)]
    start_worker("--concurrency=1")

    assert [result.get(timeout=DEADLINE) for result in later] == [1, 2, 3]
    until.touch()
    assert old.wait() == 0
    assert "Task tests.tasks.add" not in old.output


def test_what_a_worker_has_taken_and_not_begun_goes_back_at_once(
    start_worker: StartWorker, held: Callable[[], Path]
) -> None:
    old = start_worker("--concurrency=1", "--prefetch-multiplier=4")
    until = held()
    waiting = [tasks.add.delay(number, 1) for number in range(3)]
    old.wait_for(f"tests.tasks.add[{waiting[0].id}] received")

    old.tell(signal.SIGTERM)
    start_worker("--concurrency=1")

    assert [result.get(timeout=DEADLINE) for result in waiting] == [1, 2, 3]
    until.touch()
    assert old.wait() == 0


def name_of(worker: Worker) -> str:
    """The name under which the worker can be asked."""
    return worker.next_line(r"(\S+@\S+) ready\.")[1]


def test_one_command_retires_a_worker_and_waits(
    start_worker: StartWorker, held: Callable[[], Path]
) -> None:
    worker = start_worker("--concurrency=2")
    name = name_of(worker)
    until = held()

    with pytest.raises(CommandError, match=f"{name}: no more tasks are taken, and 1 still run"):
        call_command("retireworker", name, timeout=1, stdout=StringIO())
    left = tasks.add.delay(1, 1)
    until.touch()
    said = StringIO()
    call_command("retireworker", "--all", timeout=DEADLINE, stdout=said)

    assert said.getvalue() == (
        f"Retiring {name}; waiting for {DEADLINE} s at most.\nIt has ended.\n"
    )
    assert worker.wait() == 0
    assert "Task tests.tasks.add" not in worker.output
    start_worker()
    assert left.get(timeout=DEADLINE) == 2


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "Name a worker, or --all. Those that answer: none."),
        (["a@b"], "No worker answers as a@b. Those that answer: none."),
    ],
)
def test_a_worker_that_is_not_there_is_not_retired(
    redis_server: RedisServer, names: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("retireworker", *names)


def test_a_task_that_only_newer_code_knows_waits_for_it(start_worker: StartWorker) -> None:
    old = start_worker("--concurrency=1")
    new: AsyncResult[str] = current_app.send_task("tests.newer.greet")
    old.wait_for("The code of this worker has no task 'tests.newer.greet'.")
    # It holds up no other.
    assert tasks.add.delay(1, 1).get(timeout=DEADLINE) == 2

    start_worker("--concurrency=1", "--include", "tests.newer")

    assert new.get(timeout=DEADLINE) == "hello"


def test_a_task_that_no_code_knows_is_thrown_away_at_last(
    start_worker: StartWorker, redis_server: RedisServer, settings: Settings
) -> None:
    worker = start_worker("--concurrency=1", "--include", "tests.impatient")
    current_app.send_task("tests.newer.greet")

    worker.wait_for("Received unregistered task of type 'tests.newer.greet'")
    eventually(lambda: redis_server.client.hlen("test:unacked") == 0)
    assert redis_server.client.llen("test:mysite") == 0
