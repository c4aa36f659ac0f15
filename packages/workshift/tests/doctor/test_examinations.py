"""The list of examinations, and how one is carried out that fails."""

import os
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from tests import ROOT
from tests.doctor.conftest import doctor
from tests.reload.project import Project
from workshift.doctor.code import checks
from workshift.doctor.context import Context
from workshift.doctor.examinations import EXAMINATIONS, Examination, carry_out
from workshift.doctor.findings import Findings, Level, warning
from workshift.doctor.python import hidden, interpreter
from workshift.testing.processes import free_port


def fails(context: Context) -> Findings:
    """An examination that finds nothing but a bug of its own."""
    raise KeyError("oops")


def waits(context: Context) -> Findings:
    """An examination that asks somebody who never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.accept()
    yield from ()


def run(database: str) -> subprocess.CompletedProcess[str]:
    """Run the doctor with this database, and without a Redis."""
    return subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_one_that_fails_is_a_finding(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workshift.doctor.python.interpreter", fails)

    [finding] = carry_out(EXAMINATIONS[0], context)

    assert finding.level is Level.PROBLEM
    assert "Checking Python failed with KeyError: 'oops'" in str(finding)


def test_without_psutil_two_are_left_out(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.delitem(sys.modules, "workshift.doctor.processes", raising=False)

    [finding] = carry_out(Examination("left-over processes", "processes.left_over"), context)

    assert finding.level is Level.NOTE
    assert "Left-over processes: not checked, because psutil" in str(finding)


def test_a_database_and_a_redis_that_are_away_are_two_problems() -> None:
    done = run(f"postgres://user:s3cret@127.0.0.1:{free_port()}/name")

    assert done.returncode == 1
    problems = [line for line in done.stdout.splitlines() if line.startswith("problem")]
    assert len(problems) == 2
    assert "The database cannot be used" in problems[0]
    assert "No usable Redis" in problems[1]
    assert "s3cret" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_one_that_takes_too_long_is_a_finding(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workshift.doctor.python.interpreter", waits)
    monkeypatch.setattr("workshift.doctor.examinations.DEADLINE", 0.1)

    [finding] = carry_out(EXAMINATIONS[0], context)

    assert finding.level is Level.PROBLEM
    assert "Checking Python took longer than" in str(finding)


def test_a_database_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        done = run(f"postgres://user:secret@127.0.0.1:{port}/name")

    assert "The database cannot be used: connection timeout expired" in done.stdout
    assert "No usable Redis" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_what_the_system_checks_find(context: Context, settings: Settings) -> None:
    [fine] = checks(context)
    settings.CELERY_TASK_ACK_LATE = True
    [finding] = checks(context)

    assert fine.level is Level.OK
    assert finding.level is Level.WARNING
    assert "CELERY_TASK_ACK_LATE" in str(finding)
    assert "Did you mean CELERY_TASK_ACKS_LATE?" in str(finding)


def test_another_python_than_that_of_the_folder(context: Context) -> None:
    (context.folder / ".venv").mkdir()

    [finding] = interpreter(context)

    assert finding.level is Level.WARNING
    assert "source .venv/bin/activate" in str(finding)


def test_a_package_that_another_folder_hides(
    context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "honcho.py").write_text("")
    (tmp_path / "mine.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", f"/nowhere:{tmp_path}")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("honcho", "mine"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        import_module(name)

    [finding] = hidden(context)
    for name in ("honcho", "mine"):
        monkeypatch.delitem(sys.modules, name)

    assert finding.level is Level.PROBLEM
    assert f"PYTHONPATH imports honcho from {tmp_path}," in str(finding)


def test_an_app_that_is_not_installed_and_a_driver_that_is_not(project: Project) -> None:
    settings = project.read("mysite/settings.py")
    where = "mysite/settings.py)"
    for more, found in (
        ('INSTALLED_APPS.append("unheard_of")', f"('unheard_of' in INSTALLED_APPS in {where}"),
        ('DATABASES["default"]["ENGINE"] = "django.db.backends.oracle"', f"(DATABASES in {where}"),
        ('INSTALLED_APPS.append("probe.broken")', "(probe/broken/__init__.py, line 1)"),
    ):
        project.write("probe/broken/__init__.py", "import unheard_of\n")
        project.write("mysite/settings.py", f"{settings}\n{more}\n")
        said = doctor(project)
        assert "problem  The code does not load: " in said
        assert found in said


def test_what_a_stranger_wrote_gives_the_terminal_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = warning("A row failed with: No \x1b[31mroute.", "Try it again.")
    monkeypatch.setattr("workshift.management.commands.doctor.examine", lambda _: [found])

    call_command("doctor")

    assert r"failed with: No \x1b[31mroute." in capsys.readouterr().out
