"""A task that is missing for a moment: its messages wait until it is back."""

import pytest

from tests.reload.project import Project, eventually


@pytest.mark.parametrize("pool", ["prefork", "gevent"])
def test_messages_of_a_task_that_is_cut_out_wait_until_it_is_back(
    project: Project, pool: str
) -> None:
    whole = project.read("probe/tasks.py")
    with project.worker("-P", pool) as worker:
        assert project.version() == 0
        project.write("probe/tasks.py", whole.replace("def record", "def renamed"))
        worker.wait_for(r"\+ probe\.tasks\.renamed")
        for number in range(6):
            project.send(number)
        worker.wait_for(r"Messages are waiting for tasks that are no longer in the code: .*record")
        # The others are not held up.
        assert project.app.send_task("probe.tasks.renamed", [9]).get(timeout=60) == 0
        # Nor does an edit of something else change anything.
        project.write("probe/other.py", "")
        worker.wait_for("Reloaded in")
        project.write("probe/tasks.py", whole)
        worker.wait_for(r"\+ probe\.tasks\.record")
        eventually(lambda: len(project.noted("ended")) == 8, "all have run")
    assert sorted(number for number, _ in project.noted("ended")) == [-1, *range(6), 9]


def test_messages_that_still_wait_at_the_end_are_in_the_queue(project: Project) -> None:
    whole = project.read("probe/tasks.py")
    with project.worker() as worker:
        project.write("probe/tasks.py", whole.replace("def record", "def renamed"))
        worker.wait_for(r"\+ probe\.tasks\.renamed")
        project.send(1)
        worker.wait_for(r"Messages are waiting .*: 1 for probe\.tasks\.record")
    project.write("probe/tasks.py", whole)
    with project.worker():
        eventually(lambda: project.noted("ended") == [(1, 0)], "it runs")


def test_a_message_that_no_generation_has_known_is_refused_as_by_celery(project: Project) -> None:
    with project.worker() as worker:
        project.app.send_task("probe.tasks.unheard_of")
        worker.wait_for("Received unregistered task of type 'probe.tasks.unheard_of'")
