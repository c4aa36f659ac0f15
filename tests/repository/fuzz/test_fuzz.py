"""Thousands of odd requests to a real web server: none is answered with an error of ours."""

import os
import random
import re
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from workshift.testing.processes import DEADLINE, Process, free_port

from tests import ROOT
from tests.repository.fuzz.requests import TOKEN, odd_request


@pytest.fixture
def port(worker_database: str) -> Iterator[int]:
    """The port of a web server with the settings of production, and with no Redis."""
    port = free_port()
    process = Process(
        [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(port)],
        folder=ROOT,
        environment={
            **os.environ,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": worker_database,
            # One that nobody listens on: the form does without it.
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        },
    )
    try:
        process.wait_for("Quit the server")
        yield port
    finally:
        process.kill()


def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Send the request; return the status of the answer, or 0 if there was none, and the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        connection.sendall(request)
        # For a server that believes in a greater Content-Length.
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65_536):
            answer += received
    status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(status[1]) if status else 0, answer


def send_message(port: int) -> str:
    """Send the form as a browser does; return the id of the message."""
    body = b"email=anna%40example.com&message=Hello&csrfmiddlewaretoken=" + TOKEN
    headers = (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Cookie: csrftoken=%b\r\nContent-Length: %d\r\n\r\n"
    )
    status, answer = ask(port, headers % (TOKEN, len(body)) + body)
    assert status == 302
    found = re.search(rb"Location: /success/([0-9a-f-]{36})/", answer)
    assert found
    return found[1].decode()


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_request_is_answered_with_an_error_of_ours(port: int, seed: int, count: int) -> None:
    chance = random.Random(seed)
    known_id = send_message(port)
    requests = [odd_request(chance, known_id) for _ in range(count)]

    with ThreadPoolExecutor(4) as threads:
        statuses = [status for status, _ in threads.map(lambda one: ask(port, one), requests)]

    print(sorted(Counter(statuses).items()))
    wrong = [
        f"{status}: {request[:1_000]!r}"
        for status, request in zip(statuses, requests, strict=True)
        if not 200 <= status < 500
    ]
    assert wrong == [], "\n".join(wrong)
    # They were not all turned away at the door.
    assert {200, 302, 400, 403, 404, 405} <= set(statuses)
