"""Periodic tasks in development: once each, also across reloads, and a new schedule is live."""

from tests.reload.project import Project, eventually

SCHEDULE = """
CELERY_BEAT_SCHEDULE = {{
    "every": {{"task": "probe.tasks.record", "schedule": {seconds}, "args": [{number}]}},
}}
"""


def schedule(project: Project, settings: str, *, seconds: float, number: int) -> None:
    project.write(
        "django_celery/settings.py", settings + SCHEDULE.format(seconds=seconds, number=number)
    )


def test_an_entry_runs_and_an_edited_schedule_is_live(project: Project) -> None:
    settings = project.read("django_celery/settings.py")
    schedule(project, settings, seconds=0.2, number=1)
    with project.worker() as worker:
        eventually(lambda: (1, 0) in project.noted("ended"), "the entry runs")
        schedule(project, settings, seconds=0.2, number=2)
        worker.wait_for("Reloaded in")
        eventually(lambda: (2, 0) in project.noted("ended"), "the edited entry runs")
        number = len(project.noted("began"))
        eventually(lambda: len(project.noted("began")) > number + 3, "it goes on")
        assert {n for n, _ in project.noted("began")[number + 1 :]} == {2}


def test_a_reload_neither_repeats_nor_forgets_when_an_entry_ran_last(project: Project) -> None:
    schedule(project, project.read("django_celery/settings.py"), seconds=3600, number=1)
    with project.worker() as worker:
        # The first run of an entry is one interval after it became known.
        eventually((project.folder / ".run/beat.json").exists, "the beat keeps its times")
        state = project.read(".run/beat.json")
        for version in (1, 2, 3):
            project.save_version(version)
            worker.wait_for("Reloaded in")
        assert project.read(".run/beat.json") == state
        assert project.noted("began") == []
