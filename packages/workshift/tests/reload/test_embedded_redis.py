"""The reload on the stand-in for Redis."""

from pathlib import Path
from typing import Any

from pytest_django import Settings

from tests.reload.project import Project, eventually
from workshift.dev import forgotten_tasks as forgotten
from workshift.testing.processes import RedisServer


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


def test_a_client_that_waits_is_found_by_its_address(embedded_redis: RedisServer) -> None:
    """As a generation that retires looks for its own connection."""
    [client] = embedded_redis.client.client_list()
    pool: Any = embedded_redis.client.connection_pool
    [connection] = pool._available_connections
    for name, end in (("addr", "getsockname"), ("laddr", "getpeername")):
        host, port = getattr(connection._sock, end)()
        assert client[name] == f"{host}:{port}"
