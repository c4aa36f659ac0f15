"""Processes that die: what is replaced, what goes with it, and that nothing stays behind."""

import os
import signal
import sys
from pathlib import Path

from tests.reload.project import Project, children, eventually, is_alive
from workshift.testing.processes import RedisServer


def test_a_killed_generation_is_replaced(project: Project) -> None:
    with project.worker() as worker:
        [generation] = worker.generations()
        os.kill(generation, signal.SIGKILL)
        worker.wait_for("Generation 1 was killed by SIGKILL. A new one starts now")
        worker.wait_for("Generation 2 is ready")
        assert project.version() == 0


def test_generations_that_keep_dying_are_replaced_after_growing_pauses(project: Project) -> None:
    with project.worker() as worker:
        os.kill(worker.generations()[0], signal.SIGKILL)
        worker.wait_for("A new one starts now")
        worker.wait_for("Generation 2 is ready")
        os.kill(worker.generations()[0], signal.SIGKILL)
        worker.wait_for("A new one starts in 1 s")
        worker.wait_for("Generation 3 is ready")
        os.kill(worker.generations()[0], signal.SIGKILL)
        worker.wait_for("A new one starts in 2 s")


def test_a_killed_zygote_is_replaced_and_the_next_save_is_live(project: Project) -> None:
    with project.worker() as worker:
        [zygote] = children(worker.process.pid)
        os.kill(zygote, signal.SIGKILL)
        eventually(lambda: zygote not in children(worker.process.pid), "the zygote is gone")
        assert project.version() == 0
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert project.version() == 1


def test_a_package_that_would_kill_the_zygote_is_not_imported_there(
    project: Project, tmp_path: Path
) -> None:
    """As some libraries of macOS do, and whatever else runs in a generation only."""
    # A user's own packages: those of this environment are not for a test to add to.
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = tmp_path / "lib" / python / "site-packages"
    packages.mkdir(parents=True)
    noted = tmp_path / "imports"
    (packages / "deadly.py").write_text(
        "import os\n"
        "if 'DJANGO_SETTINGS_MODULE' not in os.environ:\n"
        f"    print('.', file=open({str(noted)!r}, 'a'))\n"
        "    os._exit(3)\n"
    )
    project.write("probe/tasks.py", "import deadly\n" + project.read("probe/tasks.py"))
    variables = {"PYTHONUSERBASE": str(tmp_path), "PYTHONPATH": str(packages)}
    with project.worker("--verbose", **variables) as worker:
        worker.wait_for(r"Each generation imports for itself: deadly \(ends its process\)")
        assert project.version() == 0
        for version in (1, 2):
            project.save_version(version)
            worker.wait_for("Reloaded in")
            assert project.version() == version
        # In the process that tries it first, and never in the zygote.
        assert noted.read_text().split() == ["."]


def test_nothing_outlives_a_killed_supervisor(project: Project) -> None:
    with project.worker() as worker:
        project.send(1, wait_for="never")
        eventually(lambda: project.noted("began"), "the task began")
        processes = worker.processes()
        os.kill(worker.process.pid, signal.SIGKILL)
        eventually(lambda: not any(map(is_alive, processes)), "all processes end")
    with project.worker():
        eventually(lambda: len(project.noted("began")) == 2, "the task that was running runs again")


def test_nothing_outlives_a_killed_process_group(project: Project) -> None:
    """As when honcho loses patience: the supervisor and the zygote die at the same moment."""
    with project.worker() as worker:
        processes = worker.processes()
        os.killpg(worker.process.pid, signal.SIGKILL)
        eventually(lambda: not any(map(is_alive, processes)), "all processes end")


def test_stopping_gives_a_running_task_back_and_leaves_nothing(project: Project) -> None:
    with project.worker("--grace", "0.5") as worker:
        project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task began")
        processes = worker.processes()
        assert worker.stop() == 0
        assert [pid for pid in processes if is_alive(pid)] == []
    assert "Tasks still run after 0.5 s (--grace), and are stopped now" in worker.output
    assert "1 task went back into the queue and runs again" in worker.output
    project.probe.rpush("go", "on")
    with project.worker():
        eventually(lambda: project.noted("ended") == [(1, 0)], "the task runs at the next start")


def test_stopping_waits_for_a_task_that_ends_within_the_grace_period(project: Project) -> None:
    with project.worker("--grace", "30") as worker:
        project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task began")
        worker.process.send_signal(signal.SIGTERM)
        project.probe.rpush("go", "on")
        assert worker.stop() == 0
    assert project.noted("ended") == [(1, 0)]
    assert "back into the queue" not in worker.output


def test_ctrl_c_in_the_terminal_is_a_stop(project: Project) -> None:
    with project.worker() as worker:
        processes = worker.processes()
        os.killpg(worker.process.pid, signal.SIGINT)
        assert worker.process.wait(60) == 0
        assert [pid for pid in processes if is_alive(pid)] == []


def test_redis_may_be_away_at_the_start_and_in_between(
    project: Project, redis_server: RedisServer
) -> None:
    redis_server.stop()
    try:
        with project.starting_worker() as worker:
            worker.wait_for("does not answer")
            redis_server.start()
            worker.wait_for("is ready")
            assert project.version() == 0
            # An acknowledgement that Redis does not get is another matter.
            unacknowledged = f"{project.prefix}unacked"
            eventually(lambda: not redis_server.client.hlen(unacknowledged), "all is acknowledged")
            worker.wait_for(r"record.* succeeded in")
            before = len(worker.lines)
            redis_server.stop()
            worker.wait_for("does not answer")
            redis_server.start()
            worker.wait_for("The broker is back")
            gone, back = worker.lines[before : before + 2]
            assert "does not answer" in gone
            assert "is back" in back
            redis_server.stop()
            worker.wait_for("does not answer")
            project.save_version(1)
            redis_server.start()
            eventually(lambda: project.version() == 1, "the new code serves")
            assert worker.output.count("Traceback") == 0
    finally:
        redis_server.stop()
        redis_server.start()
