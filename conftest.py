"""Fixtures for the tests of every app: real servers and real workers. None is faked."""

import os
import random
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from celery import current_app
from django.conf import settings

from django_celery.celery import app
from tests import programs
from tests.processes import ROOT, RedisServer, Worker, free_port


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the Russian texts where the site speaks English only."""
    if "ru" not in dict(settings.LANGUAGES):
        for item in items:
            if item.get_closest_marker("russian"):
                item.add_marker(pytest.mark.skip(reason="The site does not speak Russian."))


@pytest.fixture(autouse=True)
def _the_current_app_stays_ours() -> Iterator[None]:
    """A `Celery()` of a test without `set_as_current=False` would take the next tests' tasks."""
    yield
    assert current_app.main == app.main


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What decides the choices of a random test; it is printed, and `SEED=…` repeats a run.

    It is new in each run of a slow test, and always the same for a short one, which is thus red
    only for who has changed something.
    """
    is_slow = request.node.get_closest_marker("slow")
    seed = int(os.environ.get("SEED") or (random.randrange(10**6) if is_slow else 1))  # noqa: S311 - no secret.
    print(f"SEED={seed}")
    return seed


class StartWorker(Protocol):
    """Start a Celery worker and return it when it has written `until`, by default that it is ready.

    `options` are those of `celery worker`, `environment` is added to that of the tests. The
    worker knows the tasks of `tests/tasks.py` as well, and has a migrated database of its own.
    It is killed when the test ends.
    """

    def __call__(
        self,
        *options: str,
        environment: dict[str, str] | None = None,
        until: str = " ready.",
    ) -> Worker: ...


@pytest.fixture(scope="session")
def _real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    port = int(settings.REDIS_URL.rpartition(":")[2].partition("/")[0])
    server = RedisServer.of(programs.redis(), port, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(_real_redis: RedisServer) -> RedisServer:
    """The Redis at `settings.REDIS_URL`: one for all tests, emptied for each."""
    _real_redis.client.flushall()
    return _real_redis


@pytest.fixture
def embedded_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """The stand-in that `scripts/dev` starts where no Redis is installed, at its own address."""
    embedded = ROOT / "packages/workshift/src/workshift/dev/embedded_redis.py"
    server = RedisServer([sys.executable, "-P", embedded], free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "db.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        check=True,
    )
    return path


@pytest.fixture
def worker_database(_migrated_database: Path, tmp_path: Path) -> str:
    """The DATABASE_URL of an empty, migrated database for the processes that a test starts."""
    path = shutil.copy(_migrated_database, tmp_path / "db.sqlite3")
    return f"sqlite:///{path}"


@pytest.fixture
def start_worker(worker_database: str) -> Iterator[StartWorker]:
    """Start workers on the Redis of the tests, or on that of `environment["REDIS_URL"]`."""
    workers: list[Worker] = []

    def start(
        *options: str, environment: dict[str, str] | None = None, until: str = " ready."
    ) -> Worker:
        # Two live workers of one name confuse Celery's remote control.
        node = f"{uuid.uuid4().hex[:8]}@%h"
        worker = Worker(
            ["--hostname", node, "--loglevel", "info", "--include", "tests.tasks", *options],
            {"DATABASE_URL": worker_database, **(environment or {})},
        )
        workers.append(worker)
        return worker.wait_for(until)

    yield start
    for worker in workers:
        worker.kill()
