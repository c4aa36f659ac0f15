"""`copier update`: what has changed in the repository since reaches a project under its name."""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.starting.starter import Template, configure_git, git, run, start


@pytest.fixture(scope="module")
def started(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was started from version 1.0.0; no test changes it."""
    folder = tmp_path_factory.mktemp("started") / "shop"
    written = template.copy(folder)
    assert folder.exists(), written
    return folder


@pytest.fixture(scope="module")
def untagged(template: Template, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A commit without a tag, and a project that `./scripts/start` made of it; likewise."""
    folder = tmp_path_factory.mktemp("untagged")
    newer = copied(template.folder, folder / "starter")
    (newer / "docs/news.md").write_text("# News\n")
    git(newer, "add", "--all")
    git(newer, "commit", "--quiet", "--message", "News")
    written = start(newer, "shop", "shop", folder=folder)
    assert (folder / "shop").exists(), written
    return newer, folder / "shop"


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


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is there once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Ours")


def update(project: Path, *options: str, check: bool = True) -> str:
    """Let copier update a project."""
    command = (sys.executable, "-m", "copier", "update", "--trust", "--defaults", *options)
    return run(*command, folder=project, check=check)


def script(project: Path, *options: str) -> str:
    """Update a project, as its README says."""
    return run(project / "scripts/update", *options, folder=Path("/"), check=False)


def with_the_environment_of_the_tests(project: Path) -> None:
    """Keep `./scripts/update` from installing the packages of a project."""
    (project / ".venv").symlink_to(ROOT / ".venv")
    (project / ".git/info/exclude").write_text(".venv\n")
    (project / "scripts/setup").write_text("#!/bin/sh\n")


SENDER = 'DEFAULT_FROM_EMAIL = "support@example.com"'


def test_both_sides_edits_arrive_under_the_name_of_the_project(
    newer: Template, project: Path
) -> None:
    edit(project / "shop/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
    (project / "orders.py").write_text("# Where django_celery is a word of the user's.\n")
    (project / "docs/durable-tasks.md").unlink()
    commit(project)
    dotenv = (project / ".env").read_text()

    edit(
        newer.folder / "django_celery/settings.py",
        "CELERY_RESULT_EXPIRES = 86_400",
        'CELERY_RESULT_EXPIRES = 3_600  # See "django_celery".',
    )
    (newer.folder / "django_celery/fresh.py").write_text("from django_celery import settings\n")
    edit(newer.folder / "docs/durable-tasks.md", "# Durable tasks", "# Tasks that last")
    (newer.folder / "Procfile.dev").rename(newer.folder / "Procfile.local")
    newer.release("v2.0.0")
    update(project)

    settings = (project / "shop/settings.py").read_text()
    assert 'DEFAULT_FROM_EMAIL = "us@shop.example"' in settings
    assert 'CELERY_RESULT_EXPIRES = 3_600  # See "shop".' in settings
    assert (project / "shop/fresh.py").read_text() == "from shop import settings\n"
    assert (project / "orders.py").read_text().endswith("django_celery is a word of the user's.\n")
    assert not (project / "docs/durable-tasks.md").exists()
    assert not (project / "django_celery").exists()
    assert (project / ".env").read_text() == dotenv
    assert sorted(git(project, "status", "--porcelain").splitlines()) == [
        " D Procfile.dev",
        " M .copier-answers.yml",
        " M shop/settings.py",
        "?? Procfile.local",
        "?? shop/fresh.py",
    ]


def test_a_conflict_looks_as_in_git(newer: Template, project: Path) -> None:
    edit(project / "shop/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
    commit(project)

    edit(newer.folder / "django_celery/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "django_celery"')
    newer.release("v2.0.0")
    update(project)

    assert "UU shop/settings.py" in git(project, "status", "--porcelain")
    assert re.search(
        r'^<{7} .*\nDEFAULT_FROM_EMAIL = "us@shop.example"\n={7}\n'
        r'DEFAULT_FROM_EMAIL = "shop"\n>{7} .*\n',
        (project / "shop/settings.py").read_text(),
        re.MULTILINE,
    )


def test_a_file_that_git_does_not_track_is_not_overwritten(newer: Template, project: Path) -> None:
    (project / ".gitignore").write_text("/notes.md\n")
    commit(project)
    (project / "notes.md").write_text("mine")

    (newer.folder / "notes.md").write_text("theirs")
    newer.release("v2.0.0")
    written = update(project, check=False)

    assert f"{project / 'notes.md'}, which git does not track, is in the way" in written
    assert (project / "notes.md").read_text() == "mine"
    assert git(project, "status", "--porcelain") == ""


def test_of_files_that_are_no_text_those_that_were_changed_stay(
    newer: Template, project: Path
) -> None:
    catalog, other, untouched = (
        f"{app}/locale/ru/LC_MESSAGES/django.mo" for app in ("shop", "shop/durable", "feedback")
    )
    for name in (catalog, other, "logo.png"):
        (project / name).write_bytes(b"\0mine")
    edit(project / "shop/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
    commit(project)

    for name in (other, untouched):
        (newer.folder / name.replace("shop", "django_celery")).write_bytes(b"\0theirs")
    newer.release("v2.0.0")
    written = update(project)

    assert [(project / name).read_bytes() for name in (catalog, other, "logo.png")] == (
        [b"\0mine"] * 3
    )
    assert (project / untouched).read_bytes() == b"\0theirs"
    assert f"{other} has changed on both sides and cannot be merged; yours has stayed." in written
    assert written.count("has stayed") == 1
    # Copier's patch cannot hold such a file; that must not keep it from the others.
    assert "us@shop.example" in (project / "shop/settings.py").read_text()


def test_what_a_link_leads_to_is_not_written_over(
    newer: Template, project: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.md"
    (project / "docs/doctor.md").rename(notes)
    (project / "docs/doctor.md").symlink_to(notes)
    commit(project)
    before = notes.read_text()

    (newer.folder / "docs/news.md").write_text("# News\n")
    (newer.folder / "docs/doctor.md").write_text("# Anew\n")
    newer.release("v2.0.0")
    update(project)

    assert notes.read_text() == before
    assert (project / "docs/news.md").exists()


def test_what_git_ignores_elsewhere_is_updated_as_well(
    newer: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignore").write_text(".vscode/\n*.lock\n.*\n/docs\nlitter\n")
    configure_git(monkeypatch, tmp_path, f"core.excludesFile={tmp_path / 'ignore'}")
    written = start(newer.folder, "shop", "shop", folder=tmp_path)
    project = tmp_path / "shop"
    assert project.exists(), written
    with_the_environment_of_the_tests(project)
    edit(project / "shop/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
    edit(project / ".env.example", "PORT=8000", "PORT=8080")
    commit(project)
    (project / "litter").touch()

    for release, name in (("v2.0.0", "docs/news.md"), ("v3.0.0", ".news")):
        (newer.folder / name).write_text("# News\n")
        (newer.folder / "docs/doctor.md").write_text(f"# {release}\n")
        git(newer.folder, "add", "--force", name)
        newer.release(release)
        updated = script(project)

        assert (project / name).exists(), updated
        assert (project / "docs/doctor.md").read_text() == f"# {release}\n"
        assert (
            'DEFAULT_FROM_EMAIL = "us@shop.example"' in (project / "shop/settings.py").read_text()
        )
        assert "PORT=8080" in (project / ".env.example").read_text()
        assert "litter" not in git(project, "status", "--porcelain")
        git(project, "add", "--force", name)
        git(project, "commit", "--quiet", "--all", "--message", release)


def test_an_app_of_the_users_is_kept_when_the_demo_is_taken_out(
    project: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-B", "manage.py", "addapp", "orders", folder=project)
    run(sys.executable, "-B", "manage.py", "addapp", "people", folder=project)
    commit(project)

    update(project, "--data", "demo=false")

    assert git(project, "diff", "--name-only", "--diff-filter=U") == ""
    assert not (project / "feedback").exists()
    tomllib.loads((project / "pyproject.toml").read_text())
    assert run("git", "grep", "-il", "-e", "feedback", folder=project, check=False) == ""
    run(sys.executable, "-B", "manage.py", "check", folder=project)
    run(
        *(sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-q"),
        *("tests/test_front.py", "orders/tests/test_views.py", "people/tests/test_views.py"),
        folder=project,
    )


def test_the_demo_can_be_taken_out_later(project: Path) -> None:
    edit(project / "shop/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
    commit(project)

    update(project, "--data", "demo=false")

    assert not (project / "feedback").exists()
    assert "us@shop.example" in (project / "shop/settings.py").read_text()
    found = run("git", "grep", "-il", "-e", "feedback", folder=project, check=False)
    assert found == ""
    run(sys.executable, "-B", "manage.py", "check", folder=project)
    run(
        *(sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-q"),
        "tests/test_front.py",
        folder=project,
    )


class TestTheScript:
    """`./scripts/update`, in a project whose environment is that of the tests."""

    @pytest.fixture
    def newer(self, untagged: tuple[Path, Path], tmp_path: Path) -> Template:
        """A repository whose last commit has no tag."""
        return Template(copied(untagged[0], tmp_path / "starter"))

    @pytest.fixture
    def project(self, newer: Template, untagged: tuple[Path, Path], tmp_path: Path) -> Path:
        """A project that was started by `./scripts/start` from that commit."""
        project = copied(untagged[1], tmp_path / "shop", started_from=newer)
        with_the_environment_of_the_tests(project)
        commit(project)
        return project

    def test_brings_in_what_is_newer_than_any_tag(self, newer: Template, project: Path) -> None:
        (newer.folder / "docs/news.md").write_text("# More news\n")
        edit(newer.folder / "starting/product-update", "set -eu", "set -e")
        git(newer.folder, "commit", "--quiet", "--all", "--message", "More")

        updated = script(project)

        assert (project / "docs/news.md").read_text() == "# More news\n", updated
        assert "\nset -e\n" in (project / "scripts/update").read_text()
        assert git(project, "status", "--porcelain").splitlines() == [
            " M .copier-answers.yml",
            " M docs/news.md",
            " M scripts/update",
        ]

    def test_says_what_it_deletes_of_somebody(self, project: Path) -> None:
        edit(project / "feedback/apps.py", "class", "# Mine.\nclass")
        commit(project)
        run(sys.executable, "manage.py", "check", folder=project)

        written = script(project, "--data", "demo=false")

        assert written.endswith(
            "feedback/apps.py is gone, and had been changed here: "
            "`git show HEAD:./feedback/apps.py` shows what it was.\n"
        )
        assert written.count(" is gone") == 1
        assert not (project / "feedback").exists()

    def test_refuses_in_one_sentence(self, newer: Template, project: Path) -> None:
        (project / "new.txt").touch()
        assert script(project) == (
            "There are changes that are not committed; commit or stash them and run this again.\n"
        )
        (project / "new.txt").unlink()

        newer.folder.rename(newer.folder.with_name("elsewhere"))
        written = script(project)
        assert written.startswith(f"{newer.folder}, from which this project was started, is not")
        assert written.count("\n") == 1

    def test_says_how_to_take_back_what_is_not_complete(
        self, newer: Template, project: Path
    ) -> None:
        (project / "zoo").write_text("A file, where there is a folder in the new version.")
        commit(project)
        (newer.folder / "zoo").mkdir()
        (newer.folder / "zoo/animals.md").write_text("# Animals\n")
        git(newer.folder, "add", "--all")
        git(newer.folder, "commit", "--quiet", "--message", "Animals")

        written = script(project)

        assert "Traceback" not in written
        [command] = re.findall(r"The update is not complete; `(.*)` takes back", written)
        run("sh", "-c", command, folder=project)
        assert git(project, "status", "--porcelain") == ""

    def test_names_the_conflicts_and_the_way_back(self, newer: Template, project: Path) -> None:
        changed = ("shop/settings.py", "docs/doctor.md")
        edit(project / changed[0], SENDER, 'DEFAULT_FROM_EMAIL = "us@shop.example"')
        edit(project / changed[1], "# The doctor", "# Our doctor")
        commit(project)
        edit(
            newer.folder / "django_celery/settings.py", SENDER, 'DEFAULT_FROM_EMAIL = "x@y.example"'
        )
        edit(newer.folder / changed[1], "# The doctor", "# Their doctor")
        (newer.folder / "docs/more.md").write_text("# More\n")
        git(newer.folder, "add", "--all")
        git(newer.folder, "commit", "--quiet", "--message", "Change the same lines")

        written = script(project)

        [names, command] = re.findall(
            r"changed the same lines of these files:\n((?:  .*\n)+).*`(.*)` takes", written
        )[0]
        assert names.split() == sorted(changed)
        run("sh", "-c", command, folder=project)
        assert git(project, "status", "--porcelain") == ""
        assert not (project / "docs/more.md").exists()


def test_nothing_new_changes_nothing(project: Path) -> None:
    update(project)

    assert git(project, "status", "--porcelain") == ""
