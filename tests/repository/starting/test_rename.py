"""`./scripts/rename`: a clone under another name."""

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from starting import renaming
from starting.errors import StartingError
from tests.repository.starting.starter import Template, git, interrupted, run, tool, tracked


@pytest.fixture
def clone(tmp_path: Path, template: Template) -> Path:
    """A clone that a test may change."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(template.folder), str(folder))
    return folder


def rename(clone: Path, *arguments: str) -> str:
    """Run the script's Python part, with the packages of the tests."""
    return run(sys.executable, "-m", "starting.renaming", *arguments, folder=clone, check=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import django_celery.settings", "import my_shop.settings"),
        ('"django_celery:"', '"my_shop:"'),
        ('name = "django-celery-starter"', 'name = "my-shop"'),
        *[
            (other, other)
            for other in (
                "django-celery-beat and django_celery_beat",
                "django_celery_results.backends",
                "my_django_celery",
                "a Django + Celery project",
            )
        ],
    ],
)
def test_whole_words_only(old: str, new: str) -> None:
    assert renaming.renamed(old, "my_shop") == new


@pytest.mark.parametrize(
    ("prepare", "name", "sentence"),
    [
        (lambda clone: (clone / "new.txt").write_text("new"), "shop", "not committed"),
        (lambda clone: (clone / "shop").mkdir(), "shop", "has a folder"),
        (lambda _: None, "django_celery", "has a folder"),
        (lambda _: None, "Shop", "try shop."),
    ],
)
def test_refuses_in_one_sentence_and_changes_nothing(
    clone: Path, prepare: Callable[[Path], object], name: str, sentence: str
) -> None:
    prepare(clone)
    before = git(clone, "status", "--porcelain")

    written = rename(clone, name)

    assert sentence in written
    assert written.count("\n") == 1
    assert git(clone, "status", "--porcelain") == before


@pytest.mark.parametrize("reason", [KeyboardInterrupt, StartingError])
def test_what_cannot_be_finished_is_taken_back(
    clone: Path, monkeypatch: pytest.MonkeyPatch, reason: type[BaseException]
) -> None:
    def fail(folder: Path) -> None:
        assert (folder / "shop" / "settings.py").exists()
        raise reason

    dotenv = clone / ".env"
    dotenv.touch()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(renaming, "tidy", fail)

    with pytest.raises(reason):
        renaming.main(clone, "shop")

    signal.signal(signal.SIGINT, before)
    assert dotenv.exists()
    assert not (clone / "shop").exists()
    assert git(clone, "status", "--porcelain") == ""


def test_ctrl_c_is_answered_in_one_sentence(clone: Path) -> None:
    written = interrupted(
        *(sys.executable, "-m", "starting.renaming", "shop"),
        folder=clone,
        when=(clone / "shop" / "settings.py").exists,
    )

    assert written.endswith("It could not be finished; everything is as it was.\n")
    assert "Traceback" not in written
    assert git(clone, "status", "--porcelain") == ""


def test_renames_what_git_tracks_and_nothing_else(clone: Path) -> None:
    dotenv = clone / ".env"
    dotenv.write_text("REDIS_PREFIX=django_celery:1234:\n")
    (clone / "django_celery" / "__pycache__").mkdir()

    written = rename(clone, "my_shop")

    assert "commit them" in written, written
    assert not (clone / "django_celery").exists()
    assert dotenv.read_text() == "REDIS_PREFIX=django_celery:1234:\n"
    assert git(clone, "diff", "--name-only") == ""
    assert "R  django_celery/celery.py -> my_shop/celery.py" in git(clone, "status", "--porcelain")
    for path in tracked(clone):
        text = path.read_bytes().decode(errors="replace")
        # The licence has its holders' name, and the library its own.
        if path.name != "LICENSE" and "packages" not in path.parts:
            assert not re.search(r"(?<!\w)django_celery(?!\w)", text), path
    run(tool("ruff"), "check", folder=clone)
    run(tool("ruff"), "format", "--check", folder=clone)
    run(tool("uv"), "lock", "--check", "--python", sys.executable, folder=clone)
    git(clone, "reset", "--hard", "--quiet")
    assert git(clone, "status", "--porcelain") == ""
