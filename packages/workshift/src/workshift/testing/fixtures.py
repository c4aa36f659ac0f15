"""A pytest plugin with the fixtures, for projects that use pytest-django."""

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

from ..celery import broker, discovery
from ..dev import embedded_redis as embedded
from . import programs
from .postgres import Cluster
from .processes import RedisServer, Worker, free_port


class StartWorker(Protocol):
    """Start a Celery worker and return it once it has written `until`, by default that it is ready.

    `options` are those of `celery worker`; `environment` is added to the tests' own. The worker has
    its own migrated database. It is killed when the test ends.
    """

    def __call__(
        self,
        *options: str,
        environment: dict[str, str] | None = None,
        until: str = " ready.",
    ) -> Worker: ...


@pytest.fixture(scope="session")
def _real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    port = int(broker.address().rpartition(":")[2].partition("/")[0])
    server = RedisServer.of(programs.redis(), port, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(_real_redis: RedisServer) -> RedisServer:
    """The Redis at the project's broker address, shared by all tests and emptied for each."""
    _real_redis.client.flushall()
    return _real_redis


@pytest.fixture
def embedded_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """The stand-in that `runredis` starts if no Redis is installed, on its own port."""
    server = RedisServer([sys.executable, "-P", embedded.__file__], free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests."""
    cluster = Cluster(programs.postgresql())
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def _migrated_database(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Path:
    path = tmp_path_factory.mktemp("database") / "db.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        check=True,
    )
    return path


@pytest.fixture
def worker_database(_migrated_database: Path, tmp_path: Path) -> str:
    """The DATABASE_URL of an empty, migrated database for the processes that a test starts."""
    path = shutil.copy(_migrated_database, tmp_path / "db.sqlite3")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def worker_options() -> tuple[str, ...]:
    """Options for every worker; a project may override this."""
    return ()


@pytest.fixture
def start_worker(
    worker_database: str, worker_options: tuple[str, ...], pytestconfig: pytest.Config
) -> Iterator[StartWorker]:
    """Start workers on the project's broker, or on `environment["REDIS_URL"]`."""
    workers: list[Worker] = []
    app, _ = discovery.find()

    def start(
        *options: str, environment: dict[str, str] | None = None, until: str = " ready."
    ) -> Worker:
        # Two live workers with the same name confuse Celery's remote control.
        node = f"{uuid.uuid4().hex[:8]}@%h"
        worker = Worker(
            app,
            ["--hostname", node, "--loglevel", "info", *worker_options, *options],
            folder=pytestconfig.rootpath,
            environment={"DATABASE_URL": worker_database, **(environment or {})},
        )
        workers.append(worker)
        return worker.wait_for(until)

    yield start
    for worker in workers:
        worker.kill()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of a random test; it is printed, and `SEED=…` repeats a run.

    A slow test gets a new one in each run; a short test always gets the same, so that it fails only
    if the code has changed.
    """
    is_slow = request.node.get_closest_marker("slow")
    seed = int(os.environ.get("SEED") or (random.randrange(10**6) if is_slow else 1))
    print(f"SEED={seed}")
    return seed
