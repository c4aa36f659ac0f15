"""docs/operations.md: what a variable turns on, and that nothing is imported until then."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest
from celery import current_app
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, Process, RedisServer, free_port

from tests import ROOT


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


def test_sentry_gets_the_error_of_a_task_and_no_personal_data(
    sentry: tuple[str, Queue[str]], redis_server: RedisServer, start_worker: StartWorker
) -> None:
    dsn, received = sentry
    start_worker("--concurrency", "1", environment={"SENTRY_DSN": dsn})

    # The sweep takes no arguments.
    sent = current_app.send_task("workshift.durable.sweep", ["anna@example.com"])

    while '"exception"' not in (envelope := received.get(timeout=DEADLINE)):
        assert "anna" not in envelope
    assert "TypeError" in envelope
    assert "workshift.durable.sweep" in envelope
    assert f'"request_id":"{sent.id}"' in envelope.replace(" ", "")
    assert "anna" not in envelope


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
    site = Process(
        [sys.executable, "-m", "gunicorn", "django_celery.wsgi", "--no-control-socket"],
        folder=ROOT,
        environment={**os.environ, "LOG_FORMAT": "json", "PORT": str(free_port())},
    )
    site.wait_for("Booting worker")
    site.stop()

    messages = [json.loads(line)["message"] for line in site.lines]
    assert any(message.startswith("Listening at") for message in messages)
