"""`manage.py addapp` in a copy of the project: what is there afterwards, and when it fails."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository.addapp.conftest import Run

# A short one, one that lines break for, and one whose model is called as Django's test client.
NAMES = ["x", "a_name_of_thirty_characters_al", "clients"]


# Behind Python code that changes what happens then.
ADD_OTTERS = """
import sys, runpy; sys.argv = ["manage.py", "addapp", "otters"]
runpy.run_path("manage.py", run_name="__main__")
"""


def git_status(folder: Path) -> str:
    """What git sees that was not there before."""
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def assert_passes(process: subprocess.CompletedProcess[str]) -> None:
    """Assert that a tool had nothing to say against the project."""
    assert process.returncode == 0, process.stdout


def test_apps_of_any_name_are_as_the_project_wants_them(folder: Path, run: Run) -> None:
    for name in NAMES:
        assert_passes(run("manage.py", "addapp", name))

    # Nothing else: what the developer is at may be half-done.
    files = (*NAMES, "django_celery/settings.py", "django_celery/urls.py")
    assert_passes(run("-m", "ruff", "check", *files))
    assert_passes(run("-m", "ruff", "format", "--check", *files))
    assert_passes(run("manage.py", "makemigrations", "--check", "--dry-run", *NAMES))
    assert_passes(run("-m", "pytest", "-n", "0", *NAMES))
    # A project that speaks one language has no such test.
    if (folder / "tests/test_translations.py").exists():
        assert_passes(run("-m", "pytest", "-n", "0", "tests/test_translations.py"))
    assert list((folder / ".run").iterdir()) == []
    documented = re.findall(r"`orders/([\w/.]+)`", (folder / "docs/your-first-app.md").read_text())
    assert len(documented) > 4
    assert [name for name in documented if not (folder / "x" / name).exists()] == []


@pytest.mark.slow
def test_mypy_wants_them_so_too(run: Run) -> None:
    for name in NAMES:
        assert_passes(run("manage.py", "addapp", name))

    assert_passes(run("-m", "mypy"))


def test_the_model_can_be_named(folder: Path, run: Run) -> None:
    assert_passes(run("manage.py", "addapp", "people", "--model", "Person"))

    assert "class Person(DurableTask):" in (folder / "people/models.py").read_text()


def test_a_file_of_another_form_is_named_and_nothing_is_written(folder: Path, run: Run) -> None:
    urls = folder / "django_celery/urls.py"
    urls.write_text(urls.read_text().replace("urlpatterns = [", "urlpatterns = list() + ["))
    before = git_status(folder)

    process = run("manage.py", "addapp", "otters")

    assert process.returncode == 1
    assert process.stdout.startswith(
        "CommandError: No app was added: django_celery/urls.py has no list `urlpatterns = [...]`"
    )
    assert process.stdout.count("\n") == 1
    assert git_status(folder) == before
    assert not (folder / "db.sqlite3").exists()


def test_a_failure_at_the_last_moment_takes_everything_back(folder: Path, run: Run) -> None:
    break_writing = (
        "import pathlib; write = pathlib.Path.write_bytes\n"
        "def refuse(path, data):\n"
        "    if path.name == 'urls.py' and b'otters' in data: raise OSError(28, 'No space', path)\n"
        "    return write(path, data)\n"
        "pathlib.Path.write_bytes = refuse\n"
    )
    before = git_status(folder)

    process = run("-c", break_writing + ADD_OTTERS)

    assert process.returncode == 1
    assert "urls.py cannot be written (No space)." in process.stdout
    assert git_status(folder) == before
    tables = run("manage.py", "shell", "--no-imports", "-c", TABLES).stdout
    assert "django_migrations" in tables
    assert "otters" not in tables
    assert_passes(run("manage.py", "addapp", "otters"))


TABLES = "from django.db import connection; print(connection.introspection.table_names())"


def test_an_earlier_app_whose_tables_are_left_is_named(folder: Path, run: Run) -> None:
    before = git_status(folder)
    files = ("pyproject.toml", "django_celery/settings.py", "django_celery/urls.py")
    kept = {folder / name: (folder / name).read_bytes() for name in files}
    assert_passes(run("manage.py", "addapp", "otters"))
    for path, content in kept.items():
        path.write_bytes(content)
    shutil.rmtree(folder / "otters")

    process = run("manage.py", "addapp", "otters", "--model", "Thing")

    assert process.returncode == 1
    assert "the database has the tables of an earlier app `otters`" in process.stdout
    assert git_status(folder) == before


def test_a_file_keeps_the_ends_of_its_lines(folder: Path, run: Run) -> None:
    urls = folder / "django_celery/urls.py"
    urls.write_bytes(urls.read_bytes().replace(b"\n", b"\r\n"))

    assert_passes(run("manage.py", "addapp", "otters"))

    assert b'include("otters.urls")),\r\n' in urls.read_bytes()
    assert not re.search(rb"(?<!\r)\n", urls.read_bytes())


@pytest.mark.parametrize("at", ["makemigrations", "migrate"])
def test_ctrl_c_adds_nothing(folder: Path, run: Run, at: str) -> None:
    press = (
        "from workshift.addapp.add import Stage; manage = Stage.manage\n"
        "def interrupted(stage, *arguments):\n"
        "    manage(stage, *arguments)\n"
        f"    if arguments[0] == {at!r} and arguments[-1] != 'zero': raise KeyboardInterrupt\n"
        "Stage.manage = interrupted\n"
    )
    before = git_status(folder)

    process = run("-c", press + ADD_OTTERS)

    assert process.returncode == 130
    assert process.stdout == "CommandError: Stopped; no app was added.\n"
    assert git_status(folder) == before
    assert_passes(run("manage.py", "addapp", "otters"))


def test_a_database_that_is_away_is_named_before_anything_is_written(
    folder: Path, run: Run
) -> None:
    (folder / "db.sqlite3").mkdir()
    before = git_status(folder)

    process = run("manage.py", "addapp", "otters")

    assert process.returncode == 1
    assert "`python manage.py migrate otters` failed." in process.stdout
    assert "unable to open database file" in process.stdout
    assert git_status(folder) == before


def split_settings(folder: Path, first: str) -> Path:
    """Make a package of the settings, as in many a project; return the file that lists the apps."""
    package = folder / "django_celery/settings"
    text = (folder / "django_celery/settings.py").read_text()
    (folder / "django_celery/settings.py").unlink()
    package.mkdir()
    (package / "__init__.py").write_text(first)
    (package / "base.py").write_text(text.replace(".parent.parent\n", ".parent.parent.parent\n"))
    (package / "local.py").write_text(
        "from django_celery.settings.base import *\n"
        "from django_celery.settings.base import INSTALLED_APPS\n\n"
        'INSTALLED_APPS = [\n    *INSTALLED_APPS,\n    "django.contrib.sites",\n]\nSITE_ID = 1\n'
    )
    return package / "base.py"


@pytest.mark.parametrize(
    ("first", "module"),
    [
        ("", "django_celery.settings.local"),
        ("from django_celery.settings.local import *\n", "django_celery.settings"),
    ],
)
def test_settings_may_be_a_package(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, first: str, module: str
) -> None:
    base = split_settings(folder, first)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", module)
    monkeypatch.setenv("PORT", "web")

    assert_passes(run("manage.py", "addapp", "otters"))

    assert '    "otters",\n' in base.read_text()
    assert_passes(run("manage.py", "check"))
    assert_passes(run("manage.py", "migrate"))
    # Its port is the last thing that it reads before it looks at the machine.
    assert run("manage.py", "dev").stdout.startswith("PORT must be a port")
    base.write_text(base.read_text() + '\nINSTALLED_APPS.append("unheard_of")\n')
    place = f"'unheard_of' in INSTALLED_APPS in {module.replace('.', '/')}"
    assert place in run("manage.py", "doctor").stdout


def test_two_lists_of_apps_are_named(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = split_settings(folder, "")
    base.with_name("bare.py").write_text(base.read_text())
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_celery.settings.local")
    before = git_status(folder)

    process = run("manage.py", "addapp", "otters")

    assert process.returncode == 1
    assert "django_celery/settings/bare.py and django_celery/settings/base.py" in process.stdout
    assert process.stdout.count("\n") == 1
    assert git_status(folder) == before
