"""docs/operations.md: what a variable turns on, and that nothing is imported until then."""

import gzip
import json
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from urllib.error import HTTPError

import pytest
from celery import current_app
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, Process, RedisServer, free_port

from tests import ROOT
from tests.repository.docs import markdown
from tests.repository.stack.clone import Clone, Visitor


@pytest.fixture
def sentry() -> Iterator[tuple[str, Queue[str]]]:
    """A SENTRY_DSN, and what is sent there."""
    received: Queue[str] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.put(body.decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", received
        server.shutdown()


class Site(Process):
    """gunicorn on a port of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Start it; `environment` is added to the tests' own."""
        self.port = free_port()
        super().__init__(
            [sys.executable, "-m", "gunicorn", "django_celery.wsgi"],
            folder=ROOT,
            environment={**os.environ, "PORT": str(self.port), **environment},
        )


@contextmanager
def gunicorn(**environment: str) -> Iterator[Site]:
    """The site as the `Procfile` serves it, ready; it has ended behind the block."""
    site = Site(environment)
    try:
        site.wait_for("Booting worker")
        yield site
        site.stop()
    finally:
        site.kill()


def status(host: str, port: int, headers: dict[str, str]) -> int:
    """Return the status of Flower's page of workers."""
    connection = HTTPConnection(host, port, timeout=DEADLINE)
    connection.request("GET", "/workers", headers=headers)
    return connection.getresponse().status


def error(received: Queue[str]) -> str:
    """Return the first envelope with an error in it."""
    while '"exception"' not in (envelope := received.get(timeout=DEADLINE)):
        pass
    return envelope


def test_sentry_gets_the_error_of_a_task_and_no_personal_data(
    sentry: tuple[str, Queue[str]], redis_server: RedisServer, start_worker: StartWorker
) -> None:
    dsn, received = sentry
    start_worker("--concurrency", "1", environment={"SENTRY_DSN": dsn})

    # The sweep takes no arguments.
    sent = current_app.send_task("workshift.durable.sweep", ["anna@example.com"])

    envelope = error(received)
    assert "TypeError" in envelope
    assert "workshift.durable.sweep" in envelope
    assert f'"request_id":"{sent.id}"' in envelope.replace(" ", "")
    assert "anna" not in envelope


def test_sentry_gets_the_error_of_a_page_and_nothing_that_the_visitor_wrote(
    sentry: tuple[str, Queue[str]], tmp_path: Path
) -> None:
    dsn, received = sentry
    # Nobody has migrated it.
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with gunicorn(SENTRY_DSN=dsn, DATABASE_URL=database, ALLOWED_HOSTS="127.0.0.1") as site:
        visitor = Visitor(site.port)
        with pytest.raises(HTTPError, match="500"):
            visitor.send("/", {"email": "anna@example.com", "message": "for your eyes"})
        envelope = error(received)

    assert "no such table" in envelope
    # The last of them is what each log line or query before the error would have.
    for secret in ("anna", "for your eyes", "csrftoken", '"category"'):
        assert secret not in envelope


def test_what_is_off_is_not_imported() -> None:
    code = (
        "import sys, django_celery.wsgi; from django.urls import resolve; resolve('/up/ready/');"
        "print({'sentry_sdk', 'pythonjsonlogger', 'prometheus_client', 'workshift.doctor',"
        "'workshift.health.examinations'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "set()\n"


def test_all_that_gunicorn_and_the_site_say_is_json() -> None:
    with gunicorn(LOG_FORMAT="json") as site:
        pass

    messages = [json.loads(line)["message"] for line in site.lines]
    assert any(message.startswith("Listening at") for message in messages)


@pytest.mark.slow
def test_flower_asks_for_a_password_and_listens_here_alone(
    fresh_clone: Clone, redis_server: RedisServer
) -> None:
    page = markdown.read("docs/operations.md")
    [command] = [
        line for block in page.blocks if block.language == "console" for line in block.lines
    ]
    assert fresh_clone.run("scripts/setup").wait() == 0
    extras = [f"--extra={name}" for name in ("flower", "metrics", "sentry")]
    uv = fresh_clone.run(".venv/bin/uv", "sync", "--locked", "--no-dev", *extras)
    assert uv.wait() == 0, uv.output

    port = free_port()
    path = f"{fresh_clone.folder / '.venv/bin'}{os.pathsep}{fresh_clone.environment['PATH']}"
    flower = fresh_clone.run(
        *("sh", "-c", f"{command} --port={port}"), PATH=path, REDIS_URL=redis_server.url
    )
    flower.wait_for("Visit me at")
    basic = f"Basic {b64encode(b'name:password').decode()}"
    assert status("127.0.0.1", port, {}) == 401
    assert status("127.0.0.1", port, {"Authorization": basic}) == 200
    # Another address of this machine.
    with pytest.raises(ConnectionRefusedError):
        status("127.0.0.2", port, {})
    # The shell in front of it as well.
    flower.kill()
