"""Which Celery app `runworker` runs, wherever a project keeps it."""

import pytest

from tests.reload.project import Project

ELSEWHERE = """
from celery import Celery

app = Celery("elsewhere")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""


def without_app_beside_the_settings(project: Project) -> None:
    """Move the settings out of the package that has the app."""
    settings = project.read("mysite/settings.py")
    project.write("settings_alone.py", settings.replace(".parent.parent", ".parent"))
    manage = project.read("manage.py")
    project.write("manage.py", manage.replace('"mysite.settings"', '"settings_alone"'))


@pytest.mark.parametrize("name", ["mysite", "mysite.celery", "mysite.celery:app"])
@pytest.mark.parametrize("option", ["--app={}", "-A{}"])
def test_it_is_named_as_celery_takes_it(project: Project, option: str, name: str) -> None:
    without_app_beside_the_settings(project)
    with project.worker(option.format(name)):
        assert project.version() == 0


def test_it_is_one_that_an_app_of_the_project_makes(project: Project) -> None:
    without_app_beside_the_settings(project)
    project.write("probe/queue.py", ELSEWHERE)
    project.write("probe/models.py", "from probe.queue import app\n")
    with project.worker() as worker:
        assert project.version() == 0
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert project.version() == 1


def test_none_is_said_and_waited_for(project: Project) -> None:
    without_app_beside_the_settings(project)
    with project.starting_worker() as worker:
        worker.wait_for(r"No Celery app was found\. .+ runworker --app mysite\.celery")
        worker.wait_for("waiting for the next save")
        project.write("probe/models.py", "from mysite.celery import app\n")
        worker.wait_for("Reloaded in")
        assert project.version() == 0


def test_two_are_named(project: Project) -> None:
    without_app_beside_the_settings(project)
    project.write("probe/queue.py", ELSEWHERE)
    project.write("probe/models.py", "import mysite.celery\nfrom probe import queue\n")
    with project.starting_worker() as worker:
        worker.wait_for(r"more than one Celery app \(mysite\S* ?\S*:\w+, probe\.\w+:app\)")


def test_one_that_does_not_load_is_shown_with_its_own_error(project: Project) -> None:
    project.write("mysite/__init__.py", "")
    project.write("mysite/celery.py", "import nowhere\n")
    with project.starting_worker() as worker:
        worker.wait_for("No module named 'nowhere'")
        worker.wait_for("waiting for the next save")


def test_settings_are_named_on_the_command_line(project: Project) -> None:
    project.write("elsewhere/__init__.py", "")
    project.write("elsewhere/settings.py", project.read("mysite/settings.py"))
    project.write("elsewhere/celery.py", project.read("mysite/celery.py"))
    project.write("mysite/settings.py", "raise ValueError\n")
    with project.worker("--settings", "elsewhere.settings"):
        assert project.version() == 0
