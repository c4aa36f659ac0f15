"""Code that does not load: one traceback, no loop, and the save that mends it is live."""

import pytest

from tests.reload.project import Project, eventually

BREAKS = {
    "syntax error": ("probe/tasks.py", "def broken(:\n", "SyntaxError"),
    "import error": ("probe/tasks.py", "import no_such_module\n", "ModuleNotFoundError"),
    "circular import": ("probe/tasks.py", "from probe.tasks import later\n", "ImportError"),
    "exit": ("probe/tasks.py", "import sys\nsys.exit(3)\n", "called sys.exit(3)"),
    "settings": ("mysite/settings.py", "raise ValueError('broken')\n", "ValueError: broken"),
    "environment": (".env", "DEBUG=maybe\n", "DEBUG must be"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_it_is_said_once_and_the_mending_save_is_live(project: Project, kind: str) -> None:
    name, text, expected = BREAKS[kind]
    with project.worker() as worker:
        whole = project.read(name)
        before = len(worker.lines)
        project.write(name, text)
        worker.wait_for("waiting for the next save")
        waiting = project.send(7)
        said = "".join(worker.lines[before:])
        assert said.count(expected) == 1
        assert said.count("Traceback (most recent call last)") <= 1
        eventually(lambda: worker.generations() == [], "the old code has retired")
        project.write(name, whole)
        worker.wait_for("Reloaded in")
        assert waiting.get(timeout=60) == 0
        assert "".join(worker.lines).count("waiting for the next save") == 1


def test_code_that_is_broken_from_the_start_waits_for_the_next_save(project: Project) -> None:
    whole = project.read("probe/tasks.py")
    project.write("probe/tasks.py", "def broken(:\n")
    with project.starting_worker() as worker:
        worker.wait_for("waiting for the next save")
        project.write("probe/tasks.py", whole)
        worker.wait_for("Reloaded in")
        assert project.version() == 0


def test_a_stop_after_broken_code_gives_a_running_task_back(project: Project) -> None:
    whole = project.read("probe/tasks.py")
    project.write("probe/tasks.py", "def broken(:\n")
    with project.starting_worker("--grace", "0.5") as worker:
        worker.wait_for("waiting for the next save")
        project.write("probe/tasks.py", whole)
        worker.wait_for("Reloaded in")
        running = project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task began")
        assert worker.stop() == 0
    project.probe.rpush("go", "on")
    with project.worker():
        assert running.get(timeout=60) == 0
