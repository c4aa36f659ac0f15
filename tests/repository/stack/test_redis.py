"""`manage.py runredis`, with a real Redis, with the stand-in, and with neither."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis
from workshift.testing.processes import Process, eventually, free_port

from tests.repository.stack.clone import Clone, listens

WORKER = (
    "-A",
    "django_celery",
    "worker",
    "--loglevel",
    "info",
    "--include",
    "tests.repository.tasks",
)

Start = Callable[[str], Process]


@pytest.fixture
def start(clone: Clone) -> Start:
    """A function that starts `runredis` with a PATH and returns it when Redis answers."""

    def start(path: str) -> Process:
        return clone.manage("runredis", PATH=path).wait_for("Redis is ready")

    return start


@pytest.fixture
def client(clone: Clone) -> Iterator[redis.Redis]:
    """A client of the clone's Redis."""
    with redis.Redis(port=clone.redis_port) as client:
        yield client


def stop(process: Process) -> int:
    process.tell(signal.SIGTERM)
    return process.wait()


def server_of(process: Process) -> psutil.Process:
    """The Redis that a `runredis` has started."""
    return psutil.Process(process.pid).children()[0]


def test_a_real_one_is_preferred(start: Start, with_redis: str) -> None:
    assert "-server " in start(with_redis).output


def test_without_one_it_says_how_to_get_it(start: Start, without_redis: str) -> None:
    assert "apt install redis-server" in start(without_redis).output


def test_a_command_that_fails_does_not_end_the_connection(
    start: Start, path: str, client: redis.Redis
) -> None:
    start(path)
    connection = client.client_id()

    with pytest.raises(redis.ResponseError):
        client.evalsha("0" * 40, 0)

    assert client.client_id() == connection


def test_stops_when_told(clone: Clone, start: Start, path: str) -> None:
    process = start(path)
    assert listens(clone.redis_port)

    assert stop(process) == 0

    eventually(lambda: not clone.processes())
    eventually(lambda: not listens(clone.redis_port))


def test_waits_for_those_who_still_use_it(start: Start, path: str, client: redis.Redis) -> None:
    process = start(path)
    client.ping()

    # As honcho stops it: the whole group at once.
    os.killpg(process.pid, signal.SIGTERM)

    # Nothing comes, so this answers after a second; if Redis stopped meanwhile, it would raise.
    assert client.blpop(["nothing"], timeout=1) is None
    client.close()
    assert process.wait() == 0


def test_does_not_outlive_a_runredis_that_is_killed(clone: Clone, start: Start, path: str) -> None:
    process = start(path)

    process.tell(signal.SIGKILL)

    process.wait()
    eventually(lambda: not clone.processes())
    eventually(lambda: not listens(clone.redis_port))


def test_its_death_ends_runredis_with_a_sentence(start: Start, path: str) -> None:
    process = start(path)

    server_of(process).kill()

    assert process.wait() == 128 + signal.SIGKILL
    assert "was ended by SIGKILL" in process.output


def test_a_real_one_keeps_what_waits_in_it(
    start: Start, with_redis: str, client: redis.Redis
) -> None:
    process = start(with_redis)
    client.lpush("queue", "task")
    client.close()
    stop(process)
    assert "forgotten" not in process.output
    assert "forgets" not in process.output

    process = start(with_redis)

    assert client.rpop("queue") == b"task"
    client.close()
    stop(process)


def test_the_stand_in_names_the_tasks_that_it_forgets(
    clone: Clone, start: Start, without_redis: str
) -> None:
    process = start(without_redis)
    process.wait_for("tasks that wait when it stops are forgotten.")
    sends = (
        "from tests.repository.tasks import add, leave\n"
        "add.delay(1, 2); add.apply_async((1, 2), countdown=600); leave.delay('')\n"
        "from workshift.durable.tasks import sweep; sweep.delay()"
    )
    assert clone.manage("shell", "-c", sends).wait() == 0

    assert stop(process) == 0

    assert (
        "forgets 3 tasks that had not run: tests.repository.tasks.add (2), tests.repository.tasks.leave (1)."
        in process.output
    )


def test_one_that_is_yours_is_left_alone(clone: Clone, with_redis: str) -> None:
    port = free_port()

    process = clone.manage(
        "runredis", PATH=with_redis, REDIS_URL=f"redis://me:hidden@127.0.0.1:{port}/3"
    )

    process.wait_for(f"redis://127.0.0.1:{port}/3")
    process.wait_for("It does not answer")
    assert "hidden" not in process.output
    assert not listens(clone.redis_port)
    assert stop(process) == 0


def test_what_a_killed_worker_had_begun_is_done_after_the_next_start(
    clone: Clone, start: Start, with_redis: str, tmp_path: Path
) -> None:
    server = start(with_redis)
    celery = clone.folder / ".venv/bin/celery"
    worker = clone.run(celery, *WORKER)
    begun = tmp_path / "begun"
    code = f"from tests.repository.tasks import hang_once; hang_once.delay({str(begun)!r})"
    assert clone.manage("shell", "-c", code).wait() == 0
    eventually(begun.exists)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    stop(server)

    start(with_redis).wait_for("that a killed worker had left unfinished.")

    clone.run(celery, *WORKER).wait_for("ran again")
