"""A start that cannot come to its end says so in a sentence, and leaves nothing of a project."""

import errno
import json
import shutil
import sys
from pathlib import Path

import pytest

from starting import copier_task
from tests.repository.starting.starter import Template, git, interrupted, run, start

ANSWERS = {"name": "shop", "demo": True, "port": 8000, "languages": "en,ru"}


@pytest.fixture(params=["new", "empty", "a repository"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder to start a project in."""
    target = tmp_path / "parent" / "shop"
    if request.param != "new":
        target.mkdir(parents=True)
    if request.param == "a repository":
        git(target, "init", "--quiet")
    return target


def tree(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_a_full_disk_leaves_nothing(
    template: Template, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(tmp_path)
    copy = shutil.copy

    def full(source: Path, place: Path) -> None:
        if place == target / "pyproject.toml":
            raise OSError(errno.ENOSPC, "No space left on device", str(place))
        copy(source, place)

    monkeypatch.setattr(shutil, "copy", full)
    monkeypatch.setattr(copier_task, "REPOSITORY", template.folder)
    with pytest.raises(OSError, match="No space left"):
        copier_task.main(str(target), "copy", ".copier-answers.yml", json.dumps(ANSWERS), "/https")

    assert tree(tmp_path) == before


def test_what_cannot_be_written_is_said_in_one_sentence(template: Template, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    written = start(template.folder, "shop", "file/shop", folder=tmp_path)

    assert written == "file is a file; choose a folder that is empty or new.\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_without_git(monkeypatch: pytest.MonkeyPatch, template: Template, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert start(template.folder, "shop", "shop", folder=tmp_path) == (
        "git is needed; install it and run this again.\n"
    )


def test_a_project_that_is_there_is_not_started_over(shop: Path, template: Template) -> None:
    before = {path: path.stat().st_mtime_ns for path in tree(shop)}
    refusal = "is not empty; choose a folder that is empty or new.\n"

    assert start(template.folder, "shop", shop, folder=shop) == f"{shop} {refusal}"
    assert refusal in template.copy(shop)
    again = (sys.executable, "-m", "copier", "recopy", "--trust", "--defaults", "--overwrite")
    assert refusal in run(*again, folder=shop, check=False)

    assert {path: path.stat().st_mtime_ns for path in tree(shop)} == before


def test_copier_is_not_given_what_is_in_no_commit(tmp_path: Path) -> None:
    template = Template.made_in(tmp_path / "starter")
    (template.folder / "new.txt").touch()

    written = template.copy(tmp_path / "shop")

    assert f"{template.folder} has changes that are not committed; commit or stash" in written
    assert "Traceback" not in written
    assert not (tmp_path / "shop").exists()


def test_in_a_hook_of_git_the_project_gets_its_own_repository(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))

    written = start(template.folder, "shop", "shop", folder=tmp_path)

    monkeypatch.undo()
    assert (tmp_path / "shop" / ".git").is_dir(), written
    assert git(tmp_path / "shop", "status", "--porcelain") == ""


def test_ctrl_c_leaves_nothing(template: Template, tmp_path: Path) -> None:
    target = tmp_path / "shop"
    target.mkdir()

    written = interrupted(
        *(sys.executable, "-m", "starting", "shop", target),
        folder=template.folder,
        when=lambda: any(target.iterdir()),
    )

    assert written == ""
    assert list(target.iterdir()) == []
