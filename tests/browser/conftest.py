"""A real browser, and a real stack for it to visit: Redis, the web server, a worker."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from tests.processes import DEADLINE, ROOT, RedisServer, Worker, free_port

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


@dataclass
class Stack:
    """The running stack: where the pages are, and the worker whose output has the e-mails."""

    address: str
    worker: Worker


# Not for the whole session: Playwright keeps an event loop in this thread while it runs, which
# makes Django refuse the database to the tests of other modules.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the system's own."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        message = "No Chromium or Chrome is installed; for this test: sudo apt install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
    ]
    if os.geteuid() == 0:
        # Chromium's sandbox refuses to run as root, which is who runs the tests in a container.
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def web(_migrated_database: Path) -> Iterator[str]:
    """The address of a running web server."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
        cwd=ROOT,
        # DEBUG, because it is what makes this server deliver the style sheet.
        env={**os.environ, "DEBUG": "on", "DATABASE_URL": f"sqlite:///{_migrated_database}"},
        stdin=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()
            break
        except ConnectionRefusedError:
            assert server.poll() is None, "The web server ended by itself."
            assert time.monotonic() < deadline, "The web server does not answer."
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(DEADLINE)


@pytest.fixture(scope="module")
def stack(_real_redis: RedisServer, _migrated_database: Path, web: str) -> Iterator[Stack]:
    """The stack as a visitor meets it."""
    worker = Worker(
        ["--hostname", "browser@%h", "--loglevel", "info", "--concurrency", "1"],
        {"DATABASE_URL": f"sqlite:///{_migrated_database}"},
    )
    try:
        yield Stack(web, worker.wait_for(" ready."))
    finally:
        worker.stop()


@pytest.fixture
def visit(browser: Browser, web: str) -> Iterator[Callable[..., Page]]:
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
        context = browser.new_context(locale=locale, base_url=web, **options)
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
