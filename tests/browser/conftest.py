"""A real browser, and a real stack for it to visit: Redis, the web server, a worker."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect
from workshift.testing.chromium import browser
from workshift.testing.processes import BEAT, DEADLINE, Process, RedisServer, Worker, free_port

from tests import ROOT
from tests.mail_server import MailServer

__all__ = ["browser"]

# Milliseconds; as for everything else that is awaited.
expect.set_options(timeout=DEADLINE * 1000)


@dataclass
class Site:
    """The running web server: where the pages are, and the database behind them."""

    address: str
    database: Path
    environment: dict[str, str]

    def clear(self) -> None:
        """Forget every message."""
        self._execute("DELETE FROM feedback_feedback")

    def update(self, pk: str, **values: object) -> None:
        """Write columns of a message, as a worker would."""
        columns = ", ".join(f"{name} = ?" for name in values)
        self._execute(
            f"UPDATE feedback_feedback SET {columns} WHERE id = ?",  # noqa: S608
            *(*values.values(), pk.replace("-", "")),
        )

    def _execute(self, query: str, *values: object) -> None:
        with (
            closing(sqlite3.connect(self.database, timeout=DEADLINE)) as connection,
            connection,
        ):
            connection.execute(query, values)


@pytest.fixture(scope="module")
def site(_migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running web server with an empty database of its own."""
    database = tmp_path_factory.mktemp("site") / "db.sqlite3"
    shutil.copy(_migrated_database, database)
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "DATABASE_URL": f"sqlite:///{database}",
    }
    port = free_port()
    server = Process(
        [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(port)],
        folder=ROOT,
        # DEBUG, because it is what makes this server deliver the style sheet.
        environment={**os.environ, **environment, "DEBUG": "on"},
    )
    try:
        server.wait_for("Quit the server")
        yield Site(f"http://127.0.0.1:{port}", database, environment)
    finally:
        server.kill()


@pytest.fixture
def start(redis_server: RedisServer, site: Site) -> Iterator[Callable[..., Worker]]:
    """A function that starts the site's worker, with a beat; its arguments are its environment.

    No message waits when the test begins.
    """
    site.clear()
    workers: list[Worker] = []

    def start(**environment: str) -> Worker:
        worker = Worker(
            "django_celery",
            [
                *("--hostname", "browser@%h", "--loglevel", "info", "--concurrency", "1"),
                *BEAT,
            ],
            folder=ROOT,
            environment=site.environment | environment,
        )
        workers.append(worker)
        return worker.wait_for(" ready.")

    yield start
    for worker in workers:
        worker.kill()


@pytest.fixture
def worker(start: Callable[..., Worker]) -> Worker:
    """The site's worker; it writes the e-mails into its output."""
    return start()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that takes e-mails, until it is told otherwise."""
    mail_server = MailServer()
    yield mail_server
    mail_server.stop()


@pytest.fixture(scope="module")
def superuser(site: Site) -> tuple[str, str]:
    """The name and the password of an operator, made with the command of the documentation."""
    subprocess.run(
        [
            *(sys.executable, "manage.py", "createsuperuser", "--noinput"),
            *("--username", "admin", "--email", "admin@example.com"),
        ],
        cwd=ROOT,
        env={**os.environ, **site.environment, "DJANGO_SUPERUSER_PASSWORD": "for the tests"},
        check=True,
    )
    return "admin", "for the tests"


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """A function that opens the form in a fresh browser profile of the given locale.

    Its other arguments are Playwright's for a browser context. The test fails in the end if a
    page wrote anything to the console (a violated Content-Security-Policy does), or if anything
    that it asked for was answered with an error.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note_error(response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            problems.append(f"{response.status}: {response.url}")

    def open_form(locale: str = "en-GB", **options: Any) -> Page:
        context = browser.new_context(locale=locale, base_url=site.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("response", note_error)
        page.goto("/")
        return page

    yield open_form
    for context in contexts:
        context.close()
    assert problems == []
