"""What a generation gives back into the queue when it retires, and what it says at Ctrl-C."""

import signal

import pytest

from tests.reload.project import PATIENCE, Project, eventually


def unacknowledged(project: Project) -> int:
    """Return how many messages a worker has taken and not yet answered for."""
    return int(project.broker.hlen(f"{project.prefix}unacked"))


@pytest.mark.parametrize("how", ["save", "stop"])
def test_tasks_that_fall_due_in_a_full_pool_go_back(project: Project, how: str) -> None:
    with project.worker("-c", "1") as worker:
        for number in (1, 2, 3):
            project.send(number, countdown=1)
        eventually(lambda: unacknowledged(project) == 3, "the worker has taken them")
        project.send(4, wait_for="go")
        eventually(lambda: project.noted("began"), "the pool is full")
        project.wait_until("scheduled", lambda waiting: not waiting)
        if how == "save":
            project.save_version(1)
            # On the new code, while the pool of the old one is still full.
            eventually(lambda: len(project.noted("ended")) == 3, "they run")
            assert sorted(project.noted("ended")) == [(1, 1), (2, 1), (3, 1)]
            project.probe.rpush("go", "on")
            eventually(lambda: (4, 0) in project.noted("ended"), "the old one ends its task")
    assert worker.stop() == 0
    assert unacknowledged(project) == 0
    assert "Unrecoverable error" not in worker.output
    assert "Traceback" not in worker.output


@pytest.mark.parametrize(
    "options",
    [("--max-tasks-per-child", "1"), ("--autoscale", "4,1", "--max-tasks-per-child", "1")],
)
def test_processes_that_are_replaced_after_each_task_do_not_matter(
    project: Project, options: tuple[str, ...]
) -> None:
    with project.worker(*options) as worker:
        for version in range(1, 4):
            for number in range(4):
                project.send(version * 4 + number)
            eventually(lambda: project.noted("ended"), "some have run")
            project.save_version(version)
            worker.wait_for("Reloaded in")
        eventually(lambda: len(project.noted("ended")) == 12, "all run")
    assert sorted(number for number, _ in project.noted("ended")) == list(range(4, 16))
    assert "Traceback" not in worker.output


def test_ctrl_c_says_of_each_running_task_what_becomes_of_it(project: Project) -> None:
    early = project.read("probe/tasks.py").replace("@shared_task", "@shared_task(acks_late=False)")
    project.write("probe/early.py", early.replace("def record", "def early"))
    project.write("probe/tasks.py", project.read("probe/tasks.py") + "\nimport probe.early\n")
    with project.worker("--grace", "0.1") as worker:
        project.send(1, wait_for="never")
        project.app.send_task("probe.early.early", [2], {"wait_for": "never"})
        eventually(lambda: len(project.noted("began")) == 2, "both run")
        worker.process.send_signal(signal.SIGINT)
        worker.wait_for(r"Tasks still run after 0\.1 s \(--grace\), and are stopped now")
        worker.wait_for("1 task went back into the queue and runs again")
        worker.wait_for(r"Stopped for good, .*acks_late is off.*: probe\.early\.early\.")
        assert worker.process.wait(PATIENCE) == 0
    # The sweep may be in the queue as well.
    queued = project.broker.lrange(f"{project.prefix}mysite", 0, -1)
    assert sum("probe.tasks.record" in message for message in queued) == 1
    assert unacknowledged(project) == 0
