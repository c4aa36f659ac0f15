"""Django Channels has a `runworker` of its own: which one runs, and how to get the other."""

import pytest

from tests.reload.project import Project

COMMAND = """
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, **options):
        self.stdout.write("This is the command of Channels.")
"""


@pytest.fixture
def channels(project: Project) -> Project:
    """A project with an app that has the name of Channels, and its command."""
    for package in ("channels", "channels/management", "channels/management/commands"):
        project.write(f"{package}/__init__.py", "")
    project.write("channels/management/commands/runworker.py", COMMAND)
    return project


def install(project: Project, entry: str) -> None:
    """Put an expression into the settings, after the list of apps."""
    settings = project.read("mysite/settings.py")
    project.write("mysite/settings.py", settings + entry)


def test_after_ours_in_the_settings_ours_runs_and_says_so(channels: Project) -> None:
    install(channels, 'INSTALLED_APPS.append("channels")\n')
    with channels.worker() as worker:
        assert "Django Channels has a runworker command, too" in worker.output
        assert "runceleryworker" in worker.output


def test_before_ours_in_the_settings_theirs_runs_and_ours_has_another_name(
    channels: Project,
) -> None:
    install(channels, 'INSTALLED_APPS.insert(0, "channels")\n')
    with channels.starting_worker() as worker:
        worker.wait_for("CommandError|unrecognized arguments|This is the command of Channels")
        assert "Generation" not in worker.output
    with channels.worker(command="runceleryworker"):
        assert channels.version() == 0
