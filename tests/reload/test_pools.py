"""What holds for each of Celery's pools; prefork is what all other tests use."""

import importlib.util

import pytest

from tests.reload.project import Project, eventually

POOLS = [
    "threads",
    "solo",
    pytest.param(
        "gevent",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("gevent") is None, reason="gevent is not installed"
        ),
    ),
]


@pytest.mark.parametrize("pool", POOLS)
def test_a_task_sent_after_a_save_runs_on_the_new_code(project: Project, pool: str) -> None:
    with project.worker("-P", pool) as worker:
        for version in (1, 2, 3):
            project.save_version(version)
            worker.wait_for("Reloaded in")
            assert project.version() == version


@pytest.mark.parametrize("pool", POOLS)
def test_a_running_task_completes_once(project: Project, pool: str) -> None:
    with project.worker("-P", pool) as worker:
        running = project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task began")
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert project.version() == 1
        project.probe.rpush("go", "on")
        assert running.get(timeout=60) == 0
    assert [n for n, _ in project.noted("ended")].count(1) == 1
