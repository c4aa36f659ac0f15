"""`./scripts/dev`: web, worker and Redis start together, answer, and leave nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshift.testing.processes import Process, descendants, eventually, free_port, is_alive

from tests import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project, whose own stack may be running."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.fixture
def port() -> int:
    """The port of the pages."""
    return free_port()


@pytest.fixture
def stack(folder: Path, port: int) -> Iterator[Process]:
    """The stack in that copy, started as `./scripts/dev` starts it."""
    environment = {
        **os.environ,
        "DEBUG": "on",
        "PORT": str(port),
        "REDIS_PORT": str(free_port()),
        # Empty: its own database, and a Redis of its own.
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    stack = Process([sys.executable, "manage.py", "dev"], folder=folder, environment=environment)
    yield stack
    stack.kill()


def test_everything_runs_until_ctrl_c(stack: Process, port: int) -> None:
    stack.wait_for(f"Everything is running. Open http://localhost:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
        assert b"/static/style.css" in page.read()
    started = descendants(stack.pid)
    assert started

    stack.tell(signal.SIGINT)

    assert stack.wait() == 128 + signal.SIGINT, stack.output
    eventually(lambda: not any(map(is_alive, started)))
