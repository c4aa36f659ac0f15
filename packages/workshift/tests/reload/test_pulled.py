"""What a pull brings beside code is named in one line, with the command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reload.project import Project
from workshift.reload.pulled import missing

MODELS = """
from django.db import models


class Parcel(models.Model):
    name = models.CharField(max_length=9)
"""

MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Parcel", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""

NEXT = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("probe", "0001_initial")]
    operations = [migrations.AddField("Parcel", "name", models.CharField(max_length=9, default=""))]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that lacks nothing."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / ".venv" / "installed").write_text("[project]\nversion = 1\n")
    (tmp_path / ".env.example").write_text("# One.\nONE=\n# TWO=2\nPATH=\n")
    (tmp_path / ".env").write_text("ONE=1\n")
    assert list(missing(tmp_path)) == []
    return tmp_path


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_packages_that_are_not_installed(folder: Path, name: str) -> None:
    (folder / name).write_text("other\n")

    [sentence] = missing(folder)

    assert sentence.endswith("Run ./scripts/setup.")


def test_variables_that_are_not_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env.example").write_text("ONE=\nTHREE=\n  FOUR=\nFIVE=5\nSIX=\nSEVEN=\nEIGHT=\n")
    monkeypatch.setenv("SEVEN", "7")

    [sentence] = missing(folder)

    assert ".env does not set THREE, FIVE, SIX and 1 more. Copy what" in sentence


@pytest.mark.parametrize("name", [".env", ".env.example", ".venv/installed", "uv.lock"])
def test_files_that_are_not_there_are_not_missed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / ".venv" / "installed").unlink(missing_ok=True)

    assert list(missing(folder)) == []


def test_all_three_are_named_while_the_worker_runs(project: Project) -> None:
    project.write("pyproject.toml", "[project]\n")
    project.write(".venv/installed", "[project]\n")
    project.write(".env.example", "SECRET_KEY=\n")
    migrate(project)
    with project.worker("--loglevel", "warning") as worker:
        project.write("probe/models.py", MODELS)
        project.write("probe/migrations/__init__.py", "")
        project.write("probe/migrations/0001_initial.py", MIGRATION)
        worker.wait_for(r"Not applied to the database: probe\.0001_initial\. Run `python manage")

        migrate(project)
        project.write("probe/migrations/0002_name.py", NEXT)
        worker.wait_for(r"Not applied to the database: probe\.0002_name\. Run `python manage")

        project.write(".env.example", "SECRET_KEY=\nTOKEN=\n")
        worker.wait_for(r"\.env does not set TOKEN\. Copy what")
        # The package is not there yet, so the code does not load.
        project.write("probe/tasks.py", "import unheard_of\n")
        worker.wait_for("The code does not load")
        project.write("pyproject.toml", "[project]\ndependencies = ['unheard-of']\n")
        worker.wait_for("packages were installed. Run ./scripts/setup")
        assert worker.output.count("does not set TOKEN") == 1


def migrate(project: Project) -> None:
    """Bring the project's database up to date."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=project.folder,
        env={"PATH": os.environ["PATH"], "PROBE_URL": project.probe_url},
        check=True,
    )
