"""Fixtures for the durable task: its table on each database, and workers that know it."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import environ
import pytest
from django.conf import settings as project
from django.db import connections
from pytest_django import DjangoDbBlocker, Settings

from tests import ROOT
from tests.durable.parcels import tasks  # noqa: F401 - names the task of the model.
from tests.durable.parcels.models import Parcel, ParcelQuerySet
from workshift.durable import models
from workshift.testing.fixtures import StartWorker
from workshift.testing.postgres import Cluster
from workshift.testing.processes import BEAT, RedisServer, Worker

# The alias of the workers' database in the process of the tests.
ALIAS = "parcels"


@pytest.fixture(autouse=True)
def _broker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget that the broker of an earlier test was silent."""
    monkeypatch.setattr(models, "_silent_until", 0.0)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The DATABASE_URL of an empty database: first SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'parcels.sqlite3'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.create_database(uuid.uuid4().hex)


@pytest.fixture
def parcels(
    database_url: str,
    redis_server: RedisServer,
    settings: Settings,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[ParcelQuerySet]:
    """The empty table of parcels, in the database of the workers."""
    settings.DURABLE_ATTEMPTS = 3
    settings.DURABLE_GRACE_SECONDS = 0.5
    settings.DURABLE_LEASE_SECONDS = 60
    config = environ.Env.db_url_config(database_url)
    if "sqlite" in config["ENGINE"]:
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    databases = connections.configure_settings(
        {"default": project.DATABASES["default"], ALIAS: config}
    )
    connections.databases[ALIAS] = databases[ALIAS]
    with django_db_blocker.unblock():
        with connections[ALIAS].schema_editor() as editor:
            editor.create_model(Parcel)
        yield Parcel.objects.using(ALIAS)
        connections[ALIAS].close()
    del connections[ALIAS], connections.databases[ALIAS]


@pytest.fixture
def mortal_redis(redis_server: RedisServer) -> Iterator[RedisServer]:
    """The Redis of the tests, for a test that stops it; afterwards it runs again."""
    yield redis_server
    redis_server.stop()
    redis_server.start()


@pytest.fixture
def environment(parcels: ParcelQuerySet, database_url: str, tmp_path: Path) -> dict[str, str]:
    """What a process needs in its environment to know parcels."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.durable.settings",
        "DATABASE_URL": database_url,
        "PARCELS": str(tmp_path),
    }


@pytest.fixture
def shell(environment: dict[str, str]) -> Callable[[str], subprocess.Popen[bytes]]:
    """Run Python code in a Django process of its own, as a web process would."""

    def shell(code: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "--command", code],
            cwd=ROOT,
            env=os.environ | environment,
        )

    return shell


@pytest.fixture
def start(
    environment: dict[str, str], start_worker: StartWorker
) -> Iterator[Callable[..., Worker]]:
    """Start a worker of two processes that knows parcels, and a beat; `more` is its environment."""
    workers: list[Worker] = []

    def start(*options: str, **more: str) -> Worker:
        worker = start_worker(
            *("--concurrency", "2", "--without-mingle", "--without-gossip"),
            *BEAT,
            *options,
            environment=environment | more,
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        kill(worker)
        # Shown where the test fails.
        print(worker.output)


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[[], list[str]]:
    """Return the ids of the parcels whose work was done, in order, as often as it was done."""

    def read() -> list[str]:
        try:
            return (tmp_path / "delivered").read_text().split()
        except FileNotFoundError:
            return []

    return read


def kill(worker: Worker) -> None:
    """Kill the worker and its pool at one blow."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
