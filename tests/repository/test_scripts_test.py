"""`./scripts/test` tells which paths are the library's, and which words are no paths."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose pytest only writes where it is run, and with which arguments."""
    for name in ("scripts", ".venv/bin", "feedback", "tests", "packages/workshift/tests"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/test", tmp_path / "scripts")
    (tmp_path / "packages/workshift/tests/test_a.py").touch()
    (tmp_path / "scripts/setup").write_text("#!/bin/sh\n")
    says = f'#!/bin/sh\necho "${{PWD#{tmp_path}/}}" "$@"\nexit "${{CODE:-0}}"\n'
    (tmp_path / ".venv/bin/pytest").write_text(says)
    for name in ("scripts/setup", ".venv/bin/pytest"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "project", "library"),
    [
        ("-k worker", "-k worker", "-k worker"),
        ("feedback", "feedback", None),
        ("tests -k feedback", "tests -k feedback", None),
        ("packages/workshift", None, "tests"),
        ("packages/workshift/", None, "tests"),
        ("packages/workshift/tests/test_a.py::test", None, "tests/test_a.py::test"),
        ("feedback packages/workshift/tests -x", "feedback -x", "tests -x"),
        ("-x packages/workshift tests", "-x tests", "-x tests"),
        ("--basetemp tests", "--basetemp tests", "--basetemp tests"),
        ("-k tests packages/workshift", None, "-k tests tests"),
        ("--basetemp=tests", "--basetemp=tests", "--basetemp=tests"),
    ],
)
def test_each_half_gets_its_own_paths(
    folder: Path, arguments: str, project: str | None, library: str | None
) -> None:
    done = subprocess.run(
        [folder / "scripts/test", *arguments.split()], capture_output=True, text=True, check=True
    )

    ends = [line.partition(" --dist ")[0::2] for line in done.stdout.splitlines()]
    expected = {str(folder): project, "packages/workshift": library}
    assert len(ends) == sum(one is not None for one in expected.values())
    for place, rest in ends:
        wanted = expected[place.removesuffix(" -n 3")]
        assert wanted is not None
        assert rest.endswith(f" {wanted}")
        assert rest.removesuffix(f" {wanted}") in {"worksteal", "loadgroup --no-loadscope-reorder"}


@pytest.mark.parametrize("code", [1, 2, 5])
def test_the_exit_code_is_that_of_pytest(folder: Path, code: int) -> None:
    command: list[str | Path] = [folder / "scripts/test", "-k", "worker"]
    done = subprocess.run(command, env={"CODE": str(code), "PATH": "/usr/bin:/bin"}, check=False)

    assert done.returncode == code
