"""What a worker holds for longer than the visibility timeout runs once."""

from tests.reload.project import Project, eventually

SETTINGS = """
CELERY_BROKER_TRANSPORT_OPTIONS |= {"visibility_timeout": 3, "unacked_restore_interval": 0.2}
"""


def test_a_long_countdown_and_a_long_task_run_once_across_a_save(project: Project) -> None:
    path = "mysite/settings.py"
    project.write(path, project.read(path) + SETTINGS)
    with project.worker() as worker:
        project.send(1, wait_for="go")
        eventually(lambda: (1, 0) in project.noted("began"), "the long task runs")
        project.send(2, countdown=7)
        project.save_version(1)
        worker.wait_for("Reloaded in")
        eventually(lambda: (2, 1) in project.noted("ended"), "the countdown ends")
        project.probe.rpush("go", "")
        eventually(lambda: (1, 0) in project.noted("ended"), "the long task ends")
        # Behind whatever was handed out again.
        assert project.version() == 1
    assert sorted(project.noted("began")) == [(-1, 1), (1, 0), (2, 1)]
