"""`./scripts/rename`: a clone under another name."""

import re
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from starting import in_place
from starting.errors import StartingError
from starting.names import OURS, Names
from starting.renaming import Renaming
from tests.repository.starting.starter import Template, git, interrupted, run, tool, tracked

TO_MY_SHOP = Renaming(OURS, Names.of("my_shop"))


@pytest.fixture
def clone(tmp_path: Path, template: Template) -> Path:
    """A clone that a test may change."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(template.folder), str(folder))
    return folder


def rename(clone: Path, *arguments: str) -> str:
    """Run the script's Python part, with the packages of the tests."""
    return run(sys.executable, "-m", "starting.in_place", *arguments, folder=clone, check=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import django_celery.settings", "import my_shop.settings"),
        ('"django_celery:"', '"my_shop:"'),
        ("class DjangoCeleryConfig(AppConfig):", "class MyShopConfig(AppConfig):"),
        ('name = "django-celery-starter"', 'name = "my-shop"'),
        ("# Django + Celery, live", "# My shop"),
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
    assert TO_MY_SHOP.text(old) == new


def test_a_dry_run_says_what_would_change_and_changes_nothing(clone: Path) -> None:
    (clone / "README.md").write_text("not committed")

    written = rename(clone, "shop", "--dry-run")

    assert "django_celery/celery.py -> shop/celery.py" in written
    assert "uv.lock" in written
    assert "LICENSE" not in written
    assert git(clone, "status", "--porcelain") == " M README.md\n"


@pytest.mark.parametrize(
    ("prepare", "name", "sentence"),
    [
        (lambda clone: (clone / "new.txt").write_text("new"), "shop", "not committed"),
        (lambda clone: (clone / "shop").mkdir(), "shop", "has a folder"),
        (lambda _: None, "django_celery", "that is what it is called now"),
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
    def fail(folder: Path, files: Iterable[Path]) -> None:
        assert (folder / "shop" / "settings.py").exists()
        raise reason

    dotenv = clone / ".env"
    dotenv.touch()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(in_place, "tidy", fail)

    with pytest.raises(reason):
        in_place.rename(clone, "shop", dry_run=False)

    signal.signal(signal.SIGINT, before)
    assert dotenv.exists()
    assert not (clone / "shop").exists()
    assert git(clone, "status", "--porcelain") == ""


def test_ctrl_c_is_answered_in_one_sentence(clone: Path) -> None:
    written = interrupted(
        *(sys.executable, "-m", "starting.in_place", "shop"),
        folder=clone,
        when=(clone / "shop" / "settings.py").exists,
    )

    assert written.endswith("It could not be finished; everything is as it was.\nStopped.\n")
    assert "Traceback" not in written
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize("program", ["starting", "starting.in_place"])
def test_help_is_for_who_types_it(clone: Path, program: str) -> None:
    written = run(sys.executable, "-m", program, "--help", folder=clone)

    assert "your name" in written or "another name" in written
    assert "StartingError" not in written


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
        # The tests of the renaming speak of other words; the licence has its holders' name.
        if path.name != "LICENSE" and path.parent.name != "starting":
            assert not re.search(r"(?<!\w)django_celery(?!\w)|DjangoCelery", text), path
    run(tool("ruff"), "check", folder=clone)
    run(tool("ruff"), "format", "--check", folder=clone)
    run(tool("uv"), "lock", "--check", "--python", sys.executable, folder=clone)
    git(clone, "reset", "--hard", "--quiet")
    assert git(clone, "status", "--porcelain") == ""
