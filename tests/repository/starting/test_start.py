"""`./scripts/start`: a project from a clone."""

import re
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.starting.starter import Template, git, run, start


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["django", "there"], "a package that the project uses has this name; try my_django."),
        (["shop", "there", "--port", "65536"], "65536; choose one between 1024 and 65535."),
        (["shop", "there", "--port", "80"], "choose one between 1024 and 65535."),
        (["shop", "there", "--languages", "de"], "The languages are en or en,ru, not 'de'."),
    ],
)
def test_refuses_in_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    written = run(ROOT / "scripts" / "start", *arguments, folder=tmp_path, check=False)

    assert written.endswith(sentence + "\n")
    assert written.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_starts_a_project_where_it_is_called(template: Template, tmp_path: Path) -> None:
    # A module of the caller's must not be taken for one of ours.
    (tmp_path / "starting.py").write_text("raise SystemExit('the wrong one')")

    written = start(template.folder, "shop", "there", "--port", "8001", folder=tmp_path)

    assert written == "shop is ready. Run it: there/scripts/dev\n"
    assert git(tmp_path / "there", "log", "--format=%s") == "Start shop\n"
    assert "PORT=8001\n" in (tmp_path / "there" / ".env").read_text()


def test_the_command_that_runs_it_can_be_pasted(template: Template, tmp_path: Path) -> None:
    written = start(template.folder, "shop", "my own $HOME", folder=tmp_path)
    copied = template.copy(tmp_path / "it's mine", name="shop")

    assert written == "shop is ready. Run it: 'my own $HOME/scripts/dev'\n"
    for output, folder in ((written, "my own $HOME"), (copied, "it's mine")):
        [command] = re.findall(r"\S*'.*/scripts/dev'?$", output, re.MULTILINE)
        said = run("sh", "-c", f"printf %s {command.removeprefix('it: ')}", folder=tmp_path)
        assert said == f"{folder}/scripts/dev"


@pytest.mark.parametrize("place", ["projects/shop", ".", "link/shop"])
def test_inside_the_folder_that_it_is_started_from(
    template: Template, tmp_path: Path, place: str
) -> None:
    (tmp_path / "link").symlink_to(template.folder)
    folder = tmp_path if place.startswith("link") else template.folder

    written = start(template.folder, "shop", place, folder=folder)

    assert written.startswith(f"{place} is in the folder that the project is started from; choose")
    assert written.count("\n") == 1
    assert git(template.folder, "status", "--porcelain") == ""


def test_what_file_managers_leave_is_not_in_the_way(template: Template, tmp_path: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", ".directory"):
        (tmp_path / name).touch()

    start(template.folder, "shop", ".", folder=tmp_path)

    assert git(tmp_path, "log", "--format=%s") == "Start shop\n"
    assert git(tmp_path, "status", "--porcelain") == ""


def test_needs_everything_committed(template: Template, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(template.folder), str(clone))
    (clone / "new.txt").write_text("new")

    written = start(clone, "shop", "shop", folder=tmp_path)

    assert written == (
        f"{clone} has changes that are not committed; commit or stash them and run this again.\n"
    )
    assert not (tmp_path / "shop").exists()
