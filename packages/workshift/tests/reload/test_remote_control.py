"""What `celery control` has said holds for the generations that come after, too."""

import os
import signal
from typing import Any

import pytest

from tests.reload.project import Project, Worker, eventually


def save(project: Project, worker: Worker, version: int) -> None:
    """Save a version and wait until it is the only one that is there."""
    project.save_version(version)
    worker.wait_for("Reloaded in")
    eventually(lambda: len(worker.generations()) == 1, "the old generation has ended")


def test_a_revoked_task_does_not_run_after_saves(project: Project) -> None:
    """One that waits for its time, one that waits in the queue, and one that comes later."""
    with project.worker("-c", "1") as worker:
        project.wait_until("ping", bool)
        timed = project.send(1, countdown=3)
        running = project.send(2, wait_for="go")
        eventually(lambda: project.noted("began"), "the pool is full")
        waiting = project.send(3)
        for task in (timed, waiting):
            task.revoke()
        project.app.control.revoke("comes-later")
        project.wait_until("revoked", lambda ids: len(ids) == 3)
        project.save_version(1)
        worker.wait_for("Reloaded in")
        save_again = project.send(4)
        assert save_again.get(timeout=60) == 1
        project.save_version(2)
        worker.wait_for("Reloaded in")
        later = project.app.send_task("probe.tasks.record", [5], task_id="comes-later")
        for task in (timed, waiting, later):
            with pytest.raises(Exception, match="revoked"):
                task.get(timeout=60)
        project.probe.rpush("go", "on")
        assert running.get(timeout=60) == 0
    assert sorted(number for number, _ in project.noted("began")) == [2, 4]


def test_a_task_that_is_revoked_in_the_middle_of_a_reload_does_not_run(project: Project) -> None:
    with project.worker() as worker:
        project.wait_until("ping", bool)
        for version in range(1, 6):
            task = project.send(version, countdown=2)
            project.save_version(version)
            # While neither generation can be sure to hear it alone.
            task.revoke()
            worker.wait_for("Reloaded in")
        assert project.version() == 5
        project.wait_until("revoked", lambda ids: len(ids) == 5)
        project.wait_until("scheduled", lambda waiting: not waiting)
    assert [number for number, _ in project.noted("began")] == [-1]


def test_a_revoke_outlives_a_killed_generation(project: Project) -> None:
    with project.worker() as worker:
        project.wait_until("ping", bool)
        project.app.control.revoke("unwanted")
        project.wait_until("revoked", lambda ids: ids == ["unwanted"])
        os.kill(worker.generations()[0], signal.SIGKILL)
        worker.wait_for("Generation 2 is ready")
        project.app.send_task("probe.tasks.record", [1], task_id="unwanted")
        worker.wait_for(r"Discarding revoked task: probe\.tasks\.record\[unwanted\]")
        assert project.version() == 0
    assert [number for number, _ in project.noted("began")] == [-1]


def test_queues_limits_and_the_size_of_the_pool_hold(project: Project) -> None:
    control: Any = project.app.control
    with project.worker("-c", "1") as worker:
        project.wait_until("ping", bool)
        control.add_consumer("extra", reply=True, limit=1)
        control.add_consumer("another", reply=True, limit=1)
        project.wait_until("active_queues", lambda queues: len(queues) == 3)
        control.cancel_consumer("another", reply=True, limit=1)
        control.rate_limit("probe.tasks.record", "100/s", reply=True, limit=1)
        control.time_limit("probe.tasks.record", soft=50, hard=60, reply=True, limit=1)
        control.pool_grow(2, reply=True, limit=1)
        project.wait_until("stats", lambda stats: len(stats["pool"]["processes"]) == 3)
        control.pool_shrink(1, reply=True, limit=1)
        save(project, worker, 1)
        # From notes to notes.
        save(project, worker, 2)
        task = project.app.send_task("probe.tasks.record", [1], queue="extra")
        assert task.get(timeout=60) == 2
        # The one before answers for a moment as well.
        queues = project.ask("active_queues")[-1]
        assert sorted(queue["name"] for queue in queues) == ["extra", "mysite"]
        # The pool looks only now and then whether it has as many processes as it should.
        project.wait_until("stats", lambda stats: len(stats["pool"]["processes"]) == 2)
        limits = ("rate_limit", "soft_time_limit")
        # On a busy machine, nobody may answer in time.
        [tasks] = eventually(lambda: control.inspect(timeout=0.3).registered(*limits)).values()
        assert "probe.tasks.record [rate_limit=100/s soft_time_limit=50]" in tasks


def test_what_is_revoked_by_stamp_stays_revoked(project: Project) -> None:
    with project.worker() as worker:
        project.wait_until("ping", bool)
        control: Any = project.app.control
        control.revoke_by_stamped_headers({"user": ["7"]}, reply=True)
        save(project, worker, 1)
        stamp: dict[str, Any] = {"stamped_headers": ["user"], "user": "7"}
        task = project.app.send_task("probe.tasks.record", [1], **stamp)
        with pytest.raises(Exception, match="revoked"):
            task.get(timeout=60)
        assert project.version() == 1


def test_a_shutdown_ends_the_command(project: Project) -> None:
    with project.worker() as worker:
        project.wait_until("ping", bool)
        project.app.control.shutdown()
        assert worker.process.wait(60) == 0
