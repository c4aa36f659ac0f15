"""The reload on the stand-in for Redis."""

from pathlib import Path
from typing import Any

from tests.processes import RedisServer
from tests.reload.project import Project


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


def test_a_client_that_waits_is_found_by_its_address(embedded_redis: RedisServer) -> None:
    """As a generation that retires looks for its own connection."""
    [client] = embedded_redis.client.client_list()
    connection: Any = embedded_redis.client.connection_pool.get_connection()
    host, port = connection._sock.getsockname()
    assert client["addr"] == f"{host}:{port}"
