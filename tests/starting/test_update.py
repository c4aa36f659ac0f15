"""`copier update`: what has changed in the repository since reaches a project under its name."""

import re
import sys
from pathlib import Path

import pytest

from tests.starting.starter import Template, git, run


@pytest.fixture
def newer(tmp_path: Path) -> Template:
    """A repository of which a test may make newer versions."""
    return Template(tmp_path / "starter")


@pytest.fixture
def project(newer: Template, tmp_path: Path) -> Path:
    """A project that was started from its first version."""
    newer.copy(tmp_path / "shop")
    return tmp_path / "shop"


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is there once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Ours")


def update(project: Path) -> str:
    """Update a project, as its README says."""
    return run(*(sys.executable, "-m", "copier", "update", "--trust", "--defaults"), folder=project)


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


def test_nothing_new_changes_nothing(project: Path) -> None:
    update(project)

    assert git(project, "status", "--porcelain") == ""
