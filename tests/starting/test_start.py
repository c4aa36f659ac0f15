"""`./scripts/start`: a project from a clone."""

from pathlib import Path

import pytest

from tests.processes import ROOT
from tests.starting.starter import Template, git, run, start


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["django", "there"], "a package that the project uses has this name; try my_django."),
        (["shop", "there", "--port", "0"], "0 is no port; choose one between 1 and 65535."),
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


def test_needs_everything_committed(template: Template, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(template.folder), str(clone))
    (clone / "new.txt").write_text("new")

    written = start(clone, "shop", "shop", folder=tmp_path)

    assert written == (
        f"{clone} has changes that are not committed; commit or stash them and run this again.\n"
    )
    assert not (tmp_path / "shop").exists()
