"""What a visitor sees while Redis is away: a real process of its own for each state of it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

POST_A_MESSAGE = """
from django.test import Client
answer = Client(headers={"host": "localhost"}).post(
    "/", {"email": "anna@example.com", "message": "Hello from Anna"}
)
print(answer.status_code, answer.content.decode())
"""


@pytest.fixture(params=["refuses", "says nothing"])
def port_without_redis(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port that refuses connections, or takes them and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "says nothing":
            listener.listen()
        yield listener.getsockname()[1]


def test_the_visitor_is_told_and_keeps_what_they_typed(
    port_without_redis: int, tmp_path: Path
) -> None:
    process = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", POST_A_MESSAGE],
        cwd=ROOT,
        env=os.environ
        | {
            "DEBUG": "on",
            "SECRET_KEY": "only for this test",
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
            "REDIS_URL": f"redis://127.0.0.1:{port_without_redis}/0",
        },
        capture_output=True,
        text=True,
        # Far above the second that it takes, far below what it would take with no bounds.
        timeout=45,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("503 ")
    assert "We could not take your message just now" in process.stdout
    assert "Hello from Anna</textarea>" in process.stdout
    assert "Redis does not take tasks" in process.stderr
