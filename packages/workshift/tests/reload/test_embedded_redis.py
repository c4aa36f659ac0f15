"""The reload on the stand-in for Redis."""

import contextlib
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_django import Settings

from tests.reload.project import Project, eventually
from workshift.dev import forgotten_tasks as forgotten
from workshift.dev.redis_servers import options
from workshift.testing.processes import DEADLINE, RedisServer


def test_saves_are_quiet_and_nothing_is_lost(embedded_redis: RedisServer, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", embedded_redis.url)
    with project.worker() as worker:
        for version in (1, 2, 3):
            project.save_version(version)
            project.send(version)
            worker.wait_for("Reloaded in")
            assert project.runs(version)
    assert "Requeuing" not in worker.output
    assert {1, 2, 3} <= {number for number, _ in project.noted("ended")}


def test_what_it_forgets_is_counted(
    embedded_redis: RedisServer, tmp_path: Path, settings: Settings
) -> None:
    project = Project(tmp_path / "project", embedded_redis.url)
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": project.prefix}
    assert not forgotten.tasks_in(embedded_redis.client)
    with project.worker("-c", "1"):
        project.send(1, wait_for="never")
        eventually(lambda: project.noted("began"), "a task runs")
        project.send(2)
        project.send(3, countdown=600)
        project.app.send_task("workshift.durable.sweep")
        tasks = {"probe.tasks.record": 3}
        # A message on its way from Redis to the worker is in neither for a moment.
        eventually(lambda: forgotten.tasks_in(embedded_redis.client) == tasks, "all are there")
    assert forgotten.tasks_in(embedded_redis.client) == tasks


def test_what_is_no_message_is_left_out_and_names_give_the_terminal_no_command(
    embedded_redis: RedisServer,
) -> None:
    for odd in (
        b"",
        b"[]",
        b"{",
        b"5",
        b'{"headers": null}',
        b'{"headers": {"task": "a\\u001bb"}}',
    ):
        embedded_redis.client.lpush("test:mysite", odd)
        embedded_redis.client.hset("test:unacked", odd, odd)
    assert forgotten.tasks_in(embedded_redis.client) == {r"a\x1bb": 2}


@pytest.mark.parametrize("fixture", ["redis_server", "embedded_redis"])
def test_a_page_of_another_site_can_send_it_no_command(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    """A browser sends a form to any port, and its lines would be commands."""
    server: RedisServer = request.getfixturevalue(fixture)
    host, port = "127.0.0.1", server.client.connection_pool.connection_kwargs["port"]
    commands = b"SET a 1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n"
    with socket.create_connection((host, port), timeout=DEADLINE) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + commands)
        # Until it ends the connection.
        with contextlib.suppress(ConnectionResetError):
            while browser.recv(4096):
                pass
    assert server.client.keys("*") == []


def test_it_listens_on_this_machine_alone(embedded_redis: RedisServer) -> None:
    port = embedded_redis.client.connection_pool.connection_kwargs["port"]
    ends: list[Any] = [one.laddr for one in psutil.net_connections()]
    assert {end.ip for end in ends if end and end.port == port} == {"127.0.0.1"}
    command = options(port)
    assert command[command.index("--bind") + 1] == "127.0.0.1"


def test_a_client_that_waits_is_found_by_its_address(embedded_redis: RedisServer) -> None:
    """As a generation that retires looks for its own connection."""
    [client] = embedded_redis.client.client_list()
    pool: Any = embedded_redis.client.connection_pool
    [connection] = pool._available_connections
    for name, end in (("addr", "getsockname"), ("laddr", "getpeername")):
        host, port = getattr(connection._sock, end)()
        assert client[name] == f"{host}:{port}"
