"""`scripts/setup` where something is missing."""

import shutil
from pathlib import Path

import pytest

from tests.processes import ROOT, Process
from tests.stack.clone import Clone


@pytest.fixture
def bare_folder(tmp_path: Path) -> Path:
    """What the script needs of the repository before it installs anything."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def programs(folder: Path, *names: str) -> str:
    """Return a PATH with these programs of this machine only."""
    folder.mkdir()
    for name in names:
        path = shutil.which(name)
        assert path
        (folder / name).symlink_to(path)
    return str(folder)


def test_without_a_python_it_says_so_in_one_sentence(bare_folder: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "programs", "cat", "cmp", "dirname")
    # A shim of a version manager, which exists and does not run.
    shim = Path(path) / "python3.13"
    shim.write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)

    setup = Process(["scripts/setup"], folder=bare_folder, environment={"PATH": path})

    assert setup.wait() == 1
    assert setup.output.startswith("Python 3.12 or newer is needed")
    assert setup.output.count("\n") == 1


def test_a_second_time_it_has_nothing_to_do_or_to_say(clone: Clone) -> None:
    dotenv = clone.dotenv.read_text()

    setup = clone.run("scripts/setup")

    assert setup.wait() == 0
    assert setup.output == ""
    assert clone.dotenv.read_text() == dotenv
