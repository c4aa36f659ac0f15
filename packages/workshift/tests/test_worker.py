"""A worker as users start it, in a process of its own, with a real Redis and the embedded one."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from celery import Celery
from celery.result import AsyncResult
from django.apps import apps
from pytest_django import Settings

from tests import ROOT, tasks
from workshift.celery.registry import TaskExitError
from workshift.durable.log import SWEEP
from workshift.testing import programs
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, RedisServer, eventually, free_port


@pytest.fixture(params=["redis_server", "embedded_redis"])
def server(request: pytest.FixtureRequest) -> RedisServer:
    """A real Redis in one run of the test, the embedded one in the other."""
    server: RedisServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def client(server: RedisServer, settings: Settings) -> Iterator[Celery]:
    """The Celery app of a process whose REDIS_URL is the server's."""
    backend = settings.CELERY_RESULT_BACKEND.partition("+")[0]
    # Not in the app's own configuration: before Celery 5.7, what Django's settings say wins.
    settings.CELERY_BROKER_URL = server.url
    settings.CELERY_RESULT_BACKEND = f"{backend}+{server.url}"
    with Celery(set_as_current=False) as app:
        app.config_from_object("django.conf:settings", namespace="CELERY")
        yield app


def test_the_result_of_a_task_can_be_asked_for_by_its_id(
    server: RedisServer, client: Celery, start_worker: StartWorker
) -> None:
    start_worker("--concurrency=1", environment={"REDIS_URL": server.url})

    task_id = client.send_task("tests.tasks.add", (20, 22)).id

    result: AsyncResult[int] = AsyncResult(task_id, app=client)
    assert result.get(timeout=DEADLINE) == 42
    assert result.state == "SUCCESS"


def test_a_task_whose_process_is_killed_runs_again(
    server: RedisServer, client: Celery, start_worker: StartWorker, tmp_path: Path
) -> None:
    worker = start_worker("--concurrency=1", environment={"REDIS_URL": server.url})

    result = client.send_task("tests.tasks.kill_own_process_once", (str(tmp_path / "killed"),))

    assert result.get(timeout=DEADLINE) == "ran again"
    assert "SIGKILL" in worker.output


def test_a_task_whose_process_is_told_to_end_runs_again(
    redis_server: RedisServer, start_worker: StartWorker, tmp_path: Path
) -> None:
    worker = start_worker("--concurrency=1")
    marker = tmp_path / "began"
    result = tasks.hang_once.delay(str(marker))
    eventually(marker.exists)

    [pool_process] = psutil.Process(worker.pid).children()
    pool_process.terminate()

    assert result.get(timeout=DEADLINE) == "ran again"


LEAVING = [
    tasks.leave,
    tasks.leave_with_base,
    tasks.leave_with_call,
    tasks.leave_with_retries,
    tasks.leave_in_class,
    tasks.leave_before_start,
]


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_task_that_exits_has_failed_and_does_not_come_back(
    redis_server: RedisServer, start_worker: StartWorker, tmp_path: Path, pool: str
) -> None:
    start_worker("--concurrency=1", f"--pool={pool}")
    for task in LEAVING:
        result = task.delay(str(tmp_path / task.name))
        with pytest.raises(TaskExitError, match=r"sys\.exit\('for good'\)"):
            result.get(timeout=DEADLINE)
    tasks.leave_on_success.delay(str(tmp_path / "done"))

    # Behind whatever was handed out again.
    assert tasks.add.delay(1, 2).get(timeout=DEADLINE) == 3
    assert {path.read_text() for path in tmp_path.glob("*.leave*")} == {"began\n"}
    assert len(list(tmp_path.glob("*.leave*"))) == len(LEAVING)
    assert (tmp_path / "done").read_text() == "began\n"


def test_a_task_that_is_called_directly_exits(tmp_path: Path) -> None:
    for task in [tasks.leave, tasks.leave_with_call]:
        with pytest.raises(SystemExit):
            task.run(str(tmp_path / "marker"))
    with pytest.raises(SystemExit):
        tasks.leave(str(tmp_path / "marker"))


def test_a_task_that_has_expired_stays_in_redis_until_a_worker_throws_it_away(
    server: RedisServer, client: Celery, start_worker: StartWorker, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    past = datetime.now(UTC) - timedelta(hours=1)
    client.send_task("tests.tasks.hang_once", (str(begun),), expires=past)
    assert server.client.llen("test:mysite") == 1

    worker = start_worker("--concurrency=1", environment={"REDIS_URL": server.url})

    worker.wait_for("Discarding revoked task: tests.tasks.hang_once")
    # The sweep that the worker has sent itself is gone as well.
    eventually(lambda: not server.client.llen("test:mysite"))
    assert not begun.exists()


def test_the_worker_finds_the_tasks_of_every_app(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    # Without Django's checks, which import the views, and these import the tasks.
    worker = start_worker("--concurrency=1", environment={"CELERY_SKIP_CHECKS": "1"})

    modules = [
        f"{app.name}.tasks"
        for app in apps.get_app_configs()
        # The name of that one's task is not that of its module.
        if (Path(app.path) / "tasks.py").exists() and app.label != "durable"
    ]
    assert modules
    assert f". {SWEEP}" in worker.output
    assert [module for module in modules if f". {module}." not in worker.output] == []


def test_a_worker_that_starts_before_redis_waits_for_it(
    embedded_redis: RedisServer, start_worker: StartWorker
) -> None:
    embedded_redis.stop()
    worker = start_worker(
        "--concurrency=1", environment={"REDIS_URL": embedded_redis.url}, until="Connection refused"
    )

    embedded_redis.start()

    worker.wait_for(" ready.")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("answer", ["refuses", "says nothing"])
def test_sending_fails_rather_than_hangs_while_redis_is_away(answer: str, silent_port: int) -> None:
    port = free_port() if answer == "refuses" else silent_port

    # In a process of its own, so that a send that hangs ends at the deadline.
    process = subprocess.run(
        [sys.executable, "-c", "import tests.mysite, tests.tasks as t; t.add.delay(20, 22)"],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": f"redis://127.0.0.1:{port}/0"},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=DEADLINE,
    )

    last_line = process.stderr.strip().rpartition("\n")[2]
    assert last_line.startswith("kombu.exceptions.OperationalError:"), process.stderr


def test_a_server_of_somebody_else_is_not_taken_for_that_of_the_tests(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.client.set("theirs", "kept")
    port = int(redis_server.url.rpartition(":")[2].partition("/")[0])

    with pytest.raises(AssertionError, match="already in use"):
        RedisServer.of(programs.redis(), port, tmp_path).start()

    assert redis_server.client.get("theirs") == b"kept"
