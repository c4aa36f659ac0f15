"""A project without the demo: no trace of it, and everything else still works."""

import sys
from pathlib import Path

import pytest

from tests.repository.stack.clone import Checkout, Visitor, running
from tests.repository.starting.starter import Template, git, run, tool


@pytest.fixture(scope="module")
def folder(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project called shop that was started without the demo; no test changes it."""
    folder = tmp_path_factory.mktemp("without") / "shop"
    written = template.copy(folder, demo=False)
    assert folder.exists(), written
    return folder


def test_no_trace_is_left_and_the_rest_is_sound(folder: Path) -> None:
    ours = ("--", ":!packages", ":!.copier-answers.yml")
    words = ("-e", "feedback", "-e", r"\bdemo\b")
    assert run("git", "grep", "--ignore-case", *words, *ours, folder=folder, check=False) == ""
    assert "feedback" not in git(folder, "ls-files", *ours)

    run(tool("uv"), "lock", "--check", "--python", sys.executable, folder=folder)
    run(tool("ruff"), "check", "--no-cache", folder=folder)
    run(tool("ruff"), "format", "--check", "--no-cache", folder=folder)
    run(sys.executable, "-B", "manage.py", "makemigrations", "--check", "--dry-run", folder=folder)
    tests = ("tests/test_front.py", "tests/test_error_pages.py")
    run(tool("pytest"), "-n", "0", "-p", "no:cacheprovider", "-q", *tests, folder=folder)


def test_the_stack_shows_the_front_page(
    template: Template, tmp_path: Path, environment: dict[str, str], with_redis: str
) -> None:
    template.copy(tmp_path / "shop", demo=False)
    project = Checkout(tmp_path / "shop", {**environment, "PATH": with_redis}, package="shop")
    with running(project) as stack:
        assert "./scripts/app orders" in Visitor(stack.port).open()
        assert "0 e-mails" in Visitor(stack.port).open("/dev/mailbox/")
        assert "Traceback" not in stack.output
