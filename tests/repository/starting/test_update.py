"""`./scripts/update`: what has changed in the repository since reaches a project under its name."""

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.stack.clone import Clone
from tests.repository.starting.starter import Template, configure_git, git, run, start, tool

# The last commit before the machinery became a library.
BEFORE_THE_LIBRARY = "8b5530494b6a9c4f4e9101a3ab1079613f36117b"

SENDER = 'DEFAULT_FROM_EMAIL = "support@example.com"'

OUR_SENDER = 'DEFAULT_FROM_EMAIL = "us@shop.example"'


@pytest.fixture(scope="module")
def started(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was started from version 1.0.0; no test changes it."""
    folder = tmp_path_factory.mktemp("started") / "shop"
    written = template.copy(folder)
    assert folder.exists(), written
    with_the_environment_of_the_tests(folder)
    commit(folder)
    return folder


@pytest.fixture
def newer(template: Template, tmp_path: Path) -> Template:
    """A repository of which a test may make newer versions."""
    return Template(copied(template.folder, tmp_path / "starter"))


@pytest.fixture
def project(newer: Template, started: Path, tmp_path: Path) -> Path:
    """A project that was started from its first version."""
    return copied(started, tmp_path / "shop", started_from=newer)


def copied(folder: Path, target: Path, *, started_from: Template | None = None) -> Path:
    """Copy a repository, which is quicker than making it anew; return the copy.

    A project's is as if it had been started from the template `started_from`.
    """
    shutil.copytree(folder, target, symlinks=True)
    if started_from is not None:
        answers = target / ".copier-answers.yml"
        source = f'_src_path: "{started_from.folder}"'
        answers.write_text(re.sub("_src_path: .*", source, answers.read_text()))
        git(target, "commit", "--quiet", "--all", "--amend", "--no-edit")
    return target


def with_the_environment_of_the_tests(project: Path) -> None:
    """Keep the scripts from installing the packages of a project."""
    if not (project / ".venv").exists():
        (project / ".venv").symlink_to(ROOT / ".venv")
        (project / ".git/info/exclude").write_text(".venv\n")
    (project / "scripts/setup").write_text("#!/bin/sh\n")


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is there once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def commit(project: Path, message: str = "Ours") -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", message)


def update(project: Path, *options: str) -> str:
    """Update a project, as its README says."""
    return run(project / "scripts/update", *options, folder=Path("/"), check=False)


def conflicts(project: Path) -> list[str]:
    """Return the files of which git knows two versions."""
    return git(project, "diff", "--name-only", "--diff-filter=U").splitlines()


def pytest_in(project: Path, *paths: str) -> None:
    """Run tests of a project, with the packages of ours."""
    run(tool("pytest"), "-n", "0", "-p", "no:cacheprovider", "-q", *paths, folder=project)


@dataclass
class Updated:
    """A project in which both sides have edited, after an update, and what that has written."""

    project: Path
    newer: Path
    written: str
    dotenv: str
    """What was in `.env` before."""
    notes: Path
    """What a link in the project leads to."""


@pytest.fixture(scope="module")
def updated(template: Template, started: Path, tmp_path_factory: pytest.TempPathFactory) -> Updated:
    """One update for all the tests that only look."""
    folder = tmp_path_factory.mktemp("updated")
    newer = Template(copied(template.folder, folder / "starter"))
    project = copied(started, folder / "shop", started_from=newer)

    notes = folder / "notes.md"
    edit(project / "shop/settings.py", SENDER, OUR_SENDER)
    edit(project / "feedback/apps.py", '"feedback"', '"feedback"  # Ours.')
    (project / "orders.py").write_text("# Where django_celery is a word of the user's.\n")
    (project / "docs/testing-tasks.md").unlink()
    (project / "docs/debugging.md").rename(notes)
    (project / "docs/debugging.md").symlink_to(notes)
    for name in ("shop/locale/ru/LC_MESSAGES/django.mo", "logo.png"):
        (project / name).write_bytes(b"\0ours")
    (project / "packages/workshift/README.md").write_text("ours")
    (project / "packages/workshift/ours.md").touch()
    (project / "packages/workshift/LICENSE").unlink()
    commit(project)
    dotenv = (project / ".env").read_text()

    edit(
        newer.folder / "django_celery/settings.py",
        "CELERY_RESULT_EXPIRES = 86_400",
        'CELERY_RESULT_EXPIRES = 3_600  # See "django_celery".',
    )
    edit(newer.folder / "feedback/apps.py", '"feedback"', '"feedback"  # Of "django_celery".')
    (newer.folder / "django_celery/fresh.py").write_text("from django_celery import settings\n")
    (newer.folder / "docs/testing-tasks.md").write_text("# Tests of tasks\n")
    (newer.folder / "docs/debugging.md").write_text("# Anew\n")
    (newer.folder / "Procfile.dev").rename(newer.folder / "Procfile.local")
    for name in ("django_celery", "feedback"):
        (newer.folder / name / "locale/ru/LC_MESSAGES/django.mo").write_bytes(b"\0theirs")
    (newer.folder / "packages/workshift/README.md").write_text("theirs, of django_celery")
    commit(newer.folder, "Newer than any version")
    return Updated(project, newer.folder, update(project), dotenv, notes)


def test_both_sides_edits_arrive_under_the_name_of_the_project(updated: Updated) -> None:
    project = updated.project

    settings = (project / "shop/settings.py").read_text()
    assert OUR_SENDER in settings
    assert 'CELERY_RESULT_EXPIRES = 3_600  # See "shop".' in settings
    assert (project / "shop/fresh.py").read_text() == "from shop import settings\n"
    assert (project / "orders.py").read_text().endswith("django_celery is a word of the user's.\n")
    assert not (project / "docs/testing-tasks.md").exists()
    assert not (project / "django_celery").exists()
    assert (project / ".env").read_text() == updated.dotenv
    assert sorted(git(project, "status", "--porcelain").splitlines()) == [
        " D Procfile.dev",
        " D packages/workshift/ours.md",
        " M .copier-answers.yml",
        " M feedback/locale/ru/LC_MESSAGES/django.mo",
        " M packages/workshift/README.md",
        " M shop/settings.py",
        "?? Procfile.local",
        "?? packages/workshift/LICENSE",
        "?? shop/fresh.py",
        "UU feedback/apps.py",
    ]


def test_a_conflict_looks_as_in_git_and_is_named(updated: Updated) -> None:
    assert re.search(
        r'^<{7} .*\n    name = "feedback"  # Ours\.\n={7}\n'
        r'    name = "feedback"  # Of "shop"\.\n>{7} .*\n',
        (updated.project / "feedback/apps.py").read_text(),
        re.MULTILINE,
    )
    assert "changed the same lines of these files:\n  feedback/apps.py\n" in updated.written


def test_the_library_is_taken_over_whole(updated: Updated) -> None:
    library = updated.project / "packages/workshift"

    assert (library / "README.md").read_text() == "theirs, of django_celery"
    assert (library / "LICENSE").exists()
    assert not (library / "ours.md").exists()


def test_of_files_that_are_no_text_those_that_were_changed_stay(updated: Updated) -> None:
    ours, untouched = (f"{app}/locale/ru/LC_MESSAGES/django.mo" for app in ("shop", "feedback"))

    for name in (ours, "logo.png"):
        assert (updated.project / name).read_bytes() == b"\0ours"
    assert (updated.project / untouched).read_bytes() == b"\0theirs"
    assert f"{ours} has been changed here and cannot be merged; yours" in updated.written
    assert updated.written.count("has stayed") == 1


def test_what_a_link_leads_to_is_not_written_over(updated: Updated) -> None:
    assert updated.notes.read_text() != "# Anew\n"


def test_the_way_back_is_said(updated: Updated, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(updated.project, project, symlinks=True)
    [command] = re.findall(r"`(git reset.*)` takes the whole update back", updated.written)

    run("sh", "-c", command, folder=project)

    assert git(project, "status", "--porcelain") == ""
    assert not (project / "shop/fresh.py").exists()


def test_nothing_new_changes_nothing(updated: Updated, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(updated.project, project, symlinks=True)
    edit(project / "scripts/update", "set -eu", "set -e")
    commit(project)

    update(project)

    assert git(project, "status", "--porcelain") == ""


def test_a_file_that_git_does_not_track_is_not_overwritten(newer: Template, project: Path) -> None:
    with (project / ".gitignore").open("a") as ignored:
        ignored.write("/notes.md\n")
    commit(project)
    (project / "notes.md").write_text("ours")

    (newer.folder / "notes.md").write_text("theirs")
    newer.release("v2.0.0")
    written = update(project)

    assert f"{project / 'notes.md'}, which git does not track, is in the way" in written
    assert (project / "notes.md").read_text() == "ours"
    assert git(project, "status", "--porcelain") == ""


def test_what_git_ignores_elsewhere_is_updated_as_well(
    newer: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignore").write_text(".vscode/\n*.lock\n.*\n/docs\nlitter\n")
    configure_git(monkeypatch, tmp_path, f"core.excludesFile={tmp_path / 'ignore'}")
    written = start(newer.folder, "shop", "shop", folder=tmp_path)
    project = tmp_path / "shop"
    assert project.exists(), written
    with_the_environment_of_the_tests(project)
    edit(project / ".env.example", "PORT=8000", "PORT=8080")
    commit(project)
    (project / "litter").touch()

    (newer.folder / "docs/debugging.md").write_text("# Anew\n")
    (newer.folder / ".news").touch()
    git(newer.folder, "add", "--force", ".news")
    newer.release("v2.0.0")
    updated = update(project)

    assert (project / ".news").exists(), updated
    assert (project / "docs/debugging.md").read_text() == "# Anew\n"
    assert "PORT=8080" in (project / ".env.example").read_text()
    assert "litter" not in git(project, "status", "--porcelain")


def test_the_demo_can_be_taken_out_later(project: Path) -> None:
    edit(project / "shop/settings.py", SENDER, OUR_SENDER)
    edit(project / "feedback/apps.py", "class", "# Ours.\nclass")
    for app in ("orders", "people"):
        run(sys.executable, "-B", "manage.py", "addapp", app, folder=project)
    commit(project)

    written = update(project, "--data", "demo=false")

    assert conflicts(project) == []
    assert written.endswith(
        "feedback/apps.py is gone, and had been changed here: "
        "`git show HEAD:./feedback/apps.py` shows what it was.\n"
    )
    assert written.count(" is gone") == 1
    assert not (project / "feedback").exists()
    assert OUR_SENDER in (project / "shop/settings.py").read_text()
    tomllib.loads((project / "pyproject.toml").read_text())
    where = ("--", ":!packages", ":!.copier-answers.yml")
    assert run("git", "grep", "-il", "-e", "feedback", *where, folder=project, check=False) == ""
    pytest_in(project, "tests/test_front.py", "orders/tests/test_views.py", "people/tests")


def test_refuses_in_one_sentence(newer: Template, project: Path) -> None:
    (project / "new.txt").touch()
    assert update(project) == (
        "There are changes that are not committed; commit or stash them and run this again.\n"
    )
    (project / "new.txt").unlink()

    newer.folder.rename(newer.folder.with_name("elsewhere"))
    written = update(project)
    assert written.startswith(f"{newer.folder}, from which this project was started, is not")
    assert written.count("\n") == 1


def test_says_how_to_take_back_what_is_not_complete(newer: Template, project: Path) -> None:
    (project / "zoo").write_text("A file, where there is a folder in the new version.")
    commit(project)
    (newer.folder / "zoo").mkdir()
    (newer.folder / "zoo/animals.md").write_text("# Animals\n")
    commit(newer.folder)

    written = update(project)

    assert "Traceback" not in written
    [command] = re.findall(r"The update is not complete; `(.*)` takes back", written)
    run("sh", "-c", command, folder=project)
    assert git(project, "status", "--porcelain") == ""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with its history, at the last commit before the library.

    `git checkout -` brings it to what it is now.
    """
    known = subprocess.run(
        ["git", "cat-file", "-e", BEFORE_THE_LIBRARY], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip("This clone does not have the whole history.")
    clone = Clone(tmp_path_factory.mktemp("past") / "starter", {})
    git(clone.folder, "add", "--all")
    git(clone.folder, "commit", "--quiet", "--allow-empty", "--message", "Now")
    git(clone.folder, "checkout", "--quiet", "--detach", BEFORE_THE_LIBRARY)
    return clone.folder


@pytest.mark.parametrize(
    "demo",
    # Both take minutes; what has no demo does less.
    [
        pytest.param(True, id="with the demo"),
        pytest.param(False, id="without it", marks=pytest.mark.slow),
    ],
)
def test_a_project_from_before_the_library_goes_on_with_it(
    past: Path, tmp_path: Path, *, demo: bool
) -> None:
    project = tmp_path / "shop"
    written = start(past, "shop", "shop", *([] if demo else ["--no-demo"]), folder=tmp_path)
    assert project.exists(), written
    source = copied(past, tmp_path / "starter")
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace(str(past), str(source)))
    with_the_environment_of_the_tests(project)
    run(sys.executable, "-B", "manage.py", "addapp", "orders", folder=project)
    settings = project / "shop/settings.py"
    edit(settings, "CELERY_RESULT_EXPIRES = 86_400", "CELERY_RESULT_EXPIRES = 3_600")
    edit(settings, "\nUSE_TZ = True\n", "\nUSE_TZ = True\n\nAPPEND_SLASH = True\n")
    if demo:
        tasks = project / "feedback/tasks.py"
        status = "from shop.durable.states import Status\n"
        edit(tasks, "from shop.durable.tasks", f"{status}from shop.durable.tasks")
        edit(
            tasks, "    time.sleep(", "    if feedback.status != Status.DONE:\n        time.sleep("
        )
    commit(project)

    git(source, "checkout", "--quiet", "-")
    written = update(project)

    # What kept the script from installing packages is an edit, too.
    assert conflicts(project) == ["scripts/setup"], written
    with_the_environment_of_the_tests(project)
    commit(project)
    assert "CELERY_RESULT_EXPIRES = 3_600\n" in settings.read_text()
    assert "\nAPPEND_SLASH = True\n" in settings.read_text()
    assert "from workshift.durable.tasks" in (project / "orders/tasks.py").read_text()
    if demo:
        assert "from workshift.durable.states import Status\n" in tasks.read_text()
        assert "if feedback.status != Status.DONE:" in tasks.read_text()
    for name in ("durable", "newapp", "reload", "stack"):
        assert not (project / "shop" / name).exists()
    assert (project / "packages/workshift/pyproject.toml").exists()
    run(project / "scripts/lint", folder=project)
    run(sys.executable, "manage.py", "check", folder=project)
    pytest_in(project, "orders", "tests/test_stack.py", *(["feedback"] if demo else []))

    if demo:
        update(project)
        assert git(project, "status", "--porcelain") == ""
