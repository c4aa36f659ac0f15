"""The sentences about ports that cannot be had."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workshift.dev import ports
from workshift.dev.errors import CannotStartError
from workshift.env import Environment
from workshift.testing.processes import free_port

LISTEN = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    print("listening", flush=True)
    sys.stdin.read()
"""


@contextmanager
def listener(port: int, folder: Path) -> Iterator[int]:
    """Run a process in `folder` that listens on `port`; yields its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, str(port)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        yield process.pid
        process.communicate()


def test_a_free_port_is_no_problem() -> None:
    ports.require_free("PORT", free_port())


def test_a_taken_port_names_who_holds_it_and_another_that_is_free(tmp_path: Path) -> None:
    port = free_port()

    with listener(port, tmp_path) as pid, pytest.raises(CannotStartError) as raised:
        ports.require_free("PORT", port)

    message = str(raised.value)
    assert f"Port {port} is already taken by process {pid} ({sys.executable}" in message
    offered = re.search(r"PORT=(\d+) python manage.py dev", message)
    assert offered
    assert int(offered[1]) != port
    ports.require_free("PORT", int(offered[1]))


def test_a_left_over_redis_of_this_project_can_be_stopped_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "redis_folder", lambda: tmp_path)
    port = free_port()

    with listener(port, tmp_path) as pid, pytest.raises(CannotStartError, match=f"`kill {pid}`"):
        ports.require_free("REDIS_PORT", port)


def test_a_port_that_browsers_refuse_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Environment.ENVIRON, "PORT", "6000")
    with pytest.raises(CannotStartError, match=r"Browsers refuse to open port 6000\."):
        ports.web_port()

    monkeypatch.setitem(Environment.ENVIRON, "PORT", "6001")
    assert ports.web_port() == 6001
