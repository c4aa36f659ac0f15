"""A context for the examinations, whatever runs in the folder of the developer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mysite.celery import app
from tests.reload.conftest import project
from tests.reload.project import Project
from workshift.doctor.context import Context
from workshift.testing.processes import free_port

__all__ = ["project"]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A project in an empty folder, in which nothing runs; its Redis is that of the settings."""
    # A `Project` of an earlier test has made its own app the current one.
    app.set_current()
    context = Context()
    context.folder = tmp_path
    context.stack = None
    return context


def ask(project: Project) -> tuple[str, str]:
    """Return what `manage.py doctor` says in a project, and what stands in stderr."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=project.folder,
        # The default port may be held by another project.
        env={
            "PATH": os.environ["PATH"],
            "PORT": str(free_port()),
            "PROBE_URL": project.probe_url,
        },
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout, done.stderr


def doctor(project: Project) -> str:
    """Return what `manage.py doctor` says in a project."""
    return ask(project)[0]
