"""A saved file is live, and no task notices."""

import re
from pathlib import Path

import pytest

from tests.reload.project import Project, children, eventually


def test_a_task_sent_after_a_save_runs_on_the_new_code(project: Project) -> None:
    with project.worker() as worker:
        assert project.version() == 0
        for version in (1, 2, 3):
            project.save_version(version)
            worker.wait_for(r"Reloaded in .* runs probe/tasks\.py")
            assert project.version() == version


def test_a_running_task_ends_once_on_the_old_code_while_the_new_serves(project: Project) -> None:
    with project.worker() as worker:
        running = project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task began")
        project.save_version(1)
        worker.wait_for(r"generation 2 runs .* 1 old generation is still finishing its tasks")
        assert project.version() == 1
        project.probe.rpush("go", "on")
        assert running.get(timeout=60) == 0
        worker.wait_for(r"Generation 1 has finished its last task on the old code")
    assert project.noted("began").count((1, 0)) == 1
    assert [n for n, _ in project.noted("ended")].count(1) == 1


def test_it_says_how_many_generations_are_still_finishing(project: Project) -> None:
    with project.worker() as worker:
        ends = [project.send(1, wait_for="first"), project.send(2, wait_for="second")]
        eventually(lambda: len(project.noted("began")) == 2, "both tasks began")
        project.save_version(1)
        worker.wait_for("generation 2 runs .* 1 old generation is still finishing its tasks")
        project.probe.rpush("first", "on")
        assert ends[0].get(timeout=60) == 0
        ends.append(project.send(3, wait_for="third"))
        eventually(lambda: len(project.noted("began")) == 3, "the third task began")
        project.save_version(2)
        worker.wait_for("generation 3 runs .* 2 old generations are still finishing their tasks")
        project.probe.rpush("second", "on")
        worker.wait_for("Generation 1 has finished its last task")
        project.save_version(3)
        worker.wait_for("generation 4 runs .* 1 old generation is still finishing its tasks")
        project.probe.rpush("third", "on")


def test_two_saves_of_the_same_size_within_a_second_both_count(project: Project) -> None:
    """Python's own check would take the first save's compiled file for the second's."""
    with project.worker() as worker:
        for version in range(1, 7):
            project.save_version(version)
            worker.wait_for("Reloaded in")
            assert project.version() == version


def test_a_save_in_the_middle_of_a_reload_wins(project: Project) -> None:
    with project.worker() as worker:
        project.save_version(1)
        eventually(lambda: len(worker.generations()) > 1, "the next generation boots")
        project.save_version(2)
        eventually(lambda: project.version() == 2, "the newest code serves")
        eventually(lambda: len(worker.generations()) == 1, "one generation is left")
        assert project.version() == 2


def test_a_burst_of_saves_is_one_reload_or_two(project: Project) -> None:
    for number in range(200):
        project.write(f"probe/many/module_{number}.py", "VALUE = 0\n")
    with project.worker() as worker:
        for number in range(200):
            project.write(f"probe/many/module_{number}.py", "VALUE = 1\n")
        project.save_version(1)
        eventually(lambda: project.version() == 1, "the new code serves")
        project.save_version(2)
        worker.wait_for(r"runs probe/tasks\.py\.")
        assert len(re.findall("Reloaded in", worker.output)) <= 3


def test_it_names_the_tasks_that_come_and_go(project: Project) -> None:
    with project.worker() as worker:
        text = project.read("probe/tasks.py")
        project.write(
            "probe/tasks.py", text + "\n\n@shared_task\ndef remind():\n    return 'reminded'\n"
        )
        worker.wait_for(r"\+ probe\.tasks\.remind")
        assert project.app.send_task("probe.tasks.remind").get(timeout=60) == "reminded"
        project.write("probe/tasks.py", text)
        worker.wait_for(r"- probe\.tasks\.remind")


def test_a_reload_is_one_line(project: Project) -> None:
    with project.worker() as worker:
        # It may come before the line that has been waited for.
        eventually(lambda: re.search(r"worker: .* ready\.", worker.output), "Celery says so, too")
        before = len(worker.lines)
        for version in (1, 2):
            project.save_version(version)
            worker.wait_for("Reloaded in")
        # That the import takes long may be said on a busy machine.
        said = [x for x in worker.lines[before:] if not re.search("sweep|being imported", x)]
        assert sum("Reloaded in" in line for line in said) == 2
        # The other line there may be, as the sweep runs when a worker is ready.
        assert [
            x for x in said if "Reloaded in" not in x and "has finished its last" not in x
        ] == []


def test_no_preload_reloads_in_fresh_processes(project: Project) -> None:
    with project.worker("--no-preload") as worker:
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert project.version() == 1
        eventually(lambda: len(children(worker.process.pid)) == 1, "generation 1 has ended")
        [generation] = children(worker.process.pid)
        # What the zygote forks runs as zygote.py, too.
        assert b"zygote.py" not in Path(f"/proc/{generation}/cmdline").read_bytes()


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_reloads_under_load_lose_and_repeat_nothing(project: Project, count: int) -> None:
    live_when_sent: list[
        int
    ] = []  # by task number: the version that was live, and so the oldest allowed
    with project.worker() as worker:
        for version in range(1, count + 1):
            seen = len(worker.lines)
            project.save_version(version)
            # Tasks go out without a pause, but no faster than they are done.
            while f"generation {version + 1} runs" not in "".join(worker.lines[seen:]):
                project.send(len(live_when_sent))
                live_when_sent.append(version - 1)
                eventually(
                    lambda: project.probe.llen("ended") > len(live_when_sent) - 100, "they are done"
                )
            project.send(len(live_when_sent))
            live_when_sent.append(version)
        eventually(lambda: project.probe.llen("ended") >= len(live_when_sent), "all have ended")
    numbers = list(range(len(live_when_sent)))
    assert sorted(n for n, _ in project.noted("began")) == numbers
    assert sorted(n for n, _ in project.noted("ended")) == numbers
    assert [n for n, version in project.noted("ended") if version < live_when_sent[n]] == []
