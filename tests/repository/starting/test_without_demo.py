"""A copy of the repository without the demo: no trace of it, and everything else still works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from starting.answers import Answers
from starting.product import make
from starting.without_demo import DemoError, take_out
from tests import ROOT
from tests.repository.stack.clone import Clone, Visitor, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project called shop that was started without the demo."""
    folder = tmp_path / "shop"
    folder.mkdir()
    make(
        Clone(tmp_path / "copy", {}).folder,
        folder,
        Answers(name="shop", demo=False, port=8000, languages="en,ru"),
    )
    git(folder, "init", "--quiet")
    return folder


def run(folder: Path, *command: str) -> str:
    """Run a command in `folder`, with the Python of the tests; return what it wrote."""
    process = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        # Its settings have another name than ours.
        env={k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder`; return what it wrote."""
    process = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert process.stderr == ""
    return process.stdout


def test_no_trace_is_left_and_the_rest_is_sound(folder: Path) -> None:
    git(folder, "add", "--all")
    assert git(folder, "grep", "--ignore-case", "-e", "feedback", "-e", r"\bdemo\b") == ""
    assert "feedback" not in git(folder, "ls-files")
    assert {"debugging.md", "first-task.md", "periodic-tasks.md", "testing-tasks.md"} <= {
        page.name for page in (folder / "docs").iterdir()
    }
    for page in folder.glob("**/*.md"):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            assert "://" in link or (page.parent / link).exists(), (page, link)

    assert git(folder, "grep", "aiosmtpd") == ""
    run(folder, "-m", "uv", "lock", "--check", "--python", sys.executable)
    run(folder, "-m", "ruff", "check")
    run(folder, "-m", "ruff", "format", "--check")
    run(folder, "manage.py", "makemigrations", "--check", "--dry-run")
    run(folder, "-m", "pytest", "-n", "0", "tests/test_front.py", "tests/test_translations.py")


def test_the_stack_shows_the_front_page(
    tmp_path: Path, environment: dict[str, str], with_redis: str
) -> None:
    clone = Clone(tmp_path / "copy", environment)
    take_out(clone.folder)
    with running(clone, PATH=with_redis) as stack:
        page = Visitor(stack.port).open()
        assert "./scripts/app orders" in page
        assert "0 e-mails" in Visitor(stack.port).open("/dev/mailbox/")
        assert "Traceback" not in stack.output


def test_a_place_that_has_changed_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    folder = Clone(tmp_path / "copy", {}).folder
    (folder / "docs" / "decisions.md").write_text("Decided anew.\n")

    with pytest.raises(DemoError, match=r"decisions\.md has 0 places"):
        take_out(folder)

    assert (folder / "feedback").exists()
    assert "feedback" in (folder / "pyproject.toml").read_text()


def test_a_part_of_the_demo_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = Clone(tmp_path / "copy", {}).folder
    shutil.rmtree(folder / "tests" / "fuzz")

    with pytest.raises(DemoError, match="tests/repository/fuzz"):
        take_out(folder)

    assert (folder / "feedback").exists()


def test_needs_the_standard_library_only() -> None:
    subprocess.run(
        # Without site-packages, as copier's own interpreter has other ones.
        [sys.executable, "-S", "-c", "import starting.without_demo"],
        cwd=ROOT,
        check=True,
    )


@pytest.mark.slow
def test_the_whole_suite_and_every_check_pass(folder: Path) -> None:
    run(folder, "-m", "mypy")
    run(folder, "-m", "pytest", "-n", "2", "--dist", "worksteal")
