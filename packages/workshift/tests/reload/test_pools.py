"""What holds for each of Celery's pools; prefork is what all other tests use."""

import pytest

from tests.reload.project import Project, eventually

POOLS = ["threads", "solo", "gevent"]


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


def test_a_pool_without_an_event_loop_says_once_that_it_has_no_beat(project: Project) -> None:
    pytest.importorskip("gevent")
    settings = project.read("mysite/settings.py")
    entry = 'CELERY_BEAT_SCHEDULE = {"a": {"task": "probe.tasks.record", "schedule": 3600}}\n'
    project.write("mysite/settings.py", settings + entry)
    with project.worker("-P", "gevent") as worker:
        for version in (1, 2):
            project.save_version(version)
            worker.wait_for("Reloaded in")
            assert project.version() == version
        assert worker.output.count("Run `celery -A mysite beat` beside it") == 1
