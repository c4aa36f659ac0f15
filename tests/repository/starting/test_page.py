"""starting/README.md: its commands as somebody types them, one after the other."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.docs import markdown
from tests.repository.stack.clone import Checkout, running
from tests.repository.starting.starter import Template, git

PAGE = markdown.read("starting/README.md")

COMMANDS = [
    command for block in PAGE.blocks if block.language == "console" for command in block.lines
]

[TASK] = [block for block in PAGE.blocks if block.language == "python"]


@pytest.fixture
def repository(tmp_path: Path) -> Template:
    """The repository, beside which the projects are started."""
    return Template.made_in(tmp_path / "repository")


def typed(command: str, more: str = "") -> list[str]:
    """Return a command of the page, and perhaps more words behind it, for `Checkout.run`."""
    assert command in COMMANDS
    return ["bash", "-ec", f"exec {command.replace('<this repository>', 'repository')} {more}"]


def test_every_command_of_the_page_is_typed_here() -> None:
    typed_here = re.findall(r'typed\(\s*"([^"]+)"', Path(__file__).read_text())
    assert sorted(typed_here) == sorted(COMMANDS)


@pytest.mark.slow
def test_with_copier_then_the_first_task_then_an_update(
    repository: Template, tmp_path: Path, environment: dict[str, str], with_redis: str
) -> None:
    environment = {
        **environment,
        # uv's programs are beside the interpreter of the tests, and are to take that one.
        "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{with_redis}",
        "UV_PYTHON": sys.executable,
    }
    # Who is asked and answers nothing gets the defaults.
    copied = Checkout(tmp_path, environment).run(
        *typed("uvx copier copy --trust <this repository> shop", "--defaults")
    )
    assert copied.wait() == 0, copied.output
    shop = Checkout(tmp_path / "shop", environment, package="shop")

    with running(shop) as stack:
        assert TASK.file
        (shop.folder / TASK.file).write_text(TASK.text)
        stack.wait_for("+ shop.tasks.add")
        call = "from shop.tasks import add; print('Sum:', add.delay(2, 3).get(timeout=60))"
        called = shop.manage("shell", "--no-imports", "-c", call)
        assert called.wait() == 0, called.output
        assert "Sum: 5" in called.output

    git(shop.folder, "add", "--all")
    git(shop.folder, "commit", "--quiet", "--message", "Add a task")
    (repository.folder / "docs" / "news.md").write_text("# News\n")
    repository.release("v1.1.0")
    updated = shop.run(*typed("./scripts/update"))
    assert updated.wait() == 0, updated.output
    assert (shop.folder / "docs" / "news.md").exists()
    assert (shop.folder / TASK.file).read_text() == TASK.text

    git(shop.folder, "add", "--all")
    git(shop.folder, "commit", "--quiet", "--message", "Update")
    without = shop.run(*typed("./scripts/update --data demo=false"))
    assert without.wait() == 0, without.output
    assert not (shop.folder / "feedback").exists()
    assert (shop.folder / TASK.file).read_text() == TASK.text


@pytest.mark.slow
def test_from_a_clone(repository: Template, tmp_path: Path, environment: dict[str, str]) -> None:
    clone = Checkout(repository.folder, environment)

    started = clone.run(*typed("./scripts/start shop ../shop"))

    assert started.wait() == 0, started.output
    assert (tmp_path / "shop" / "shop" / "settings.py").exists()


@pytest.mark.slow
def test_in_place(repository: Template, environment: dict[str, str]) -> None:
    clone = Checkout(repository.folder, environment)

    renamed = clone.run(*typed("./scripts/rename shop"))
    assert renamed.wait() == 0, renamed.output
    assert (clone.folder / "shop" / "settings.py").exists()
    lint = clone.run("scripts/lint")
    assert lint.wait() == 0, lint.output
