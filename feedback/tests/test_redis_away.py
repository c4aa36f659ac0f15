"""What a visitor sees while Redis is away: a real process of its own for each state of it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import BEAT, RedisServer

from tests import ROOT

POST_A_MESSAGE = """
from django.test import Client
client = Client(headers={"host": "localhost"})
answer = client.post("/", {"email": "anna@example.com", "message": "Hello from Anna"})
print(answer.status_code, client.get(answer["Location"]).content.decode())
"""


def post_a_message(database: str, redis_url: str) -> subprocess.CompletedProcess[str]:
    """Send the form in a web process of its own, and print the page that it leads to."""
    process = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", POST_A_MESSAGE],
        cwd=ROOT,
        env=os.environ | {"DEBUG": "on", "DATABASE_URL": database, "REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        # Far above the second that it takes, far below what it would take with no bounds.
        timeout=45,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process


@pytest.fixture(params=["refuses", "says nothing"])
def port_without_redis(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port that refuses connections, or takes them and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "says nothing":
            listener.listen()
        yield listener.getsockname()[1]


def test_the_message_is_taken_and_queued(port_without_redis: int, worker_database: str) -> None:
    process = post_a_message(worker_database, f"redis://127.0.0.1:{port_without_redis}/0")

    assert process.stdout.startswith("302 ")
    assert "Queued" in process.stdout
    assert "is saved, but the workers could not be told now" in process.stderr


def test_the_mail_goes_out_when_redis_is_back(
    embedded_redis: RedisServer, worker_database: str, start_worker: StartWorker
) -> None:
    embedded_redis.stop()
    post_a_message(worker_database, embedded_redis.url)

    embedded_redis.start()

    worker = start_worker(
        "--concurrency=1",
        *BEAT,
        environment={"REDIS_URL": embedded_redis.url},
    )
    worker.wait_for("To: anna@example.com")
    worker.wait_for("\tHello from Anna")
