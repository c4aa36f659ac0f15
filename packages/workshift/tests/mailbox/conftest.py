"""Fixtures for the development mailbox: in the process of the tests, and of a whole site."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import ROOT
from workshift.testing.chromium import browser
from workshift.testing.processes import Process, RedisServer, free_port

__all__ = ["browser"]


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path) -> Path:
    """The folder of an empty mailbox that this process has, as it would with DEBUG."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "workshift.mailbox"]
    settings.ROOT_URLCONF = "tests.mailbox.urls"
    settings.MAILERS = {"default": {"BACKEND": "workshift.mailbox.backend.EmailBackend"}}
    settings.MAILBOX_FOLDER = tmp_path / "mailbox"
    return tmp_path / "mailbox"


@pytest.fixture(scope="module")
def site(_migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a site in development, with a mailbox of its own."""
    return {
        **os.environ,
        "DEBUG": "on",
        "DJANGO_SETTINGS_MODULE": "tests.mailbox.settings",
        "DATABASE_URL": f"sqlite:///{_migrated_database}",
        "MAILBOX": str(tmp_path_factory.mktemp("mailbox")),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="module")
def address(site: dict[str, str]) -> Iterator[str]:
    """Where the site's web server serves the mailbox."""
    port = free_port()
    server = Process(
        [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
        folder=ROOT,
        environment=site,
    )
    try:
        server.wait_for("Quit the server")
        yield f"http://127.0.0.1:{port}/dev/mailbox/"
    finally:
        server.kill()


@pytest.fixture(scope="module")
def worker(site: dict[str, str], _real_redis: RedisServer) -> Iterator[Process]:
    """The site's worker, which knows the tasks of `tests/mailbox/tasks.py` as well."""
    # What another test has left in the queue is not for this worker.
    _real_redis.client.flushall()
    process = Process(
        [
            *(sys.executable, "-m", "celery", "-A", "tests.mysite", "worker"),
            *("--hostname", "mailbox@%h", "--loglevel", "info", "--concurrency", "1"),
            *("--include", "tests.mailbox.tasks"),
        ],
        folder=ROOT,
        environment=site,
    )
    try:
        yield process.wait_for(" ready.")
    finally:
        process.kill()
