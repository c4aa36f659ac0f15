"""Environments with the library's wheel and the versions of a corner of what it supports.

python -m tests.versions.environments             names the corners
python -m tests.versions.environments oldest      runs the core tests in one of them
python -m tests.versions.environments oldest -k revoke tests/reload
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests import ROOT

# Tests of what the library promises: the reload of worker and web, the retirement, durable tasks and
# health.
# Those with a browser need what is not installed here.
CORE = (
    *("tests/reload", "tests/web", "--ignore=tests/web/browser", "tests/durable", "tests/health"),
    *("tests/test_celery_internals.py", "tests/test_worker.py"),
)

_FOR_TESTS = (
    *("pytest", "pytest-django", "pytest-xdist", "psycopg[binary]", "psutil"),
    *("prometheus-client", "python-json-logger"),
)


class Corner(NamedTuple):
    """Versions that go together; without requirements, the newest that the library permits."""

    python: str
    requirements: tuple[str, ...] = ()


CORNERS = {
    "oldest": Corner(
        "3.11",
        (
            "django==5.2.*",
            "celery==5.4.*",
            "kombu==5.4.*",
            "billiard==4.2.*",
            "redis==5.*",
            "watchdog==6.*",
        ),
    ),
    "lts": Corner("3.12", ("django==5.2.*", "celery==5.5.*", "redis==5.*", "watchdog==6.*")),
    "middle": Corner("3.12", ("django==6.0.*", "celery==5.6.*", "redis==7.*", "watchdog==7.*")),
    "newest": Corner("3.13"),
}


def build_wheel(folder: Path) -> Path:
    """Build the library into `folder` and return the wheel."""
    _uv("build", "--wheel", "--quiet", "--out-dir", str(folder), str(ROOT))
    [wheel] = folder.glob("*.whl")
    return wheel


def make(folder: Path, wheel: Path, corner: Corner, *more: str, extra: str = "[dev]") -> Path:
    """Make an environment in `folder` with the wheel and `more`; return its Python."""
    _uv("venv", "--quiet", "--no-python-downloads", "--python", interpreter(corner), str(folder))
    python = folder / "bin" / "python"
    _uv(
        *("pip", "install", "--quiet", "--python", str(python)),
        *(f"workshift{extra} @ {wheel.as_uri()}", *corner.requirements, *more),
    )
    return python


def interpreter(corner: Corner) -> str:
    """Return the path of the corner's Python. Raises FileNotFoundError if there is none."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{corner.python}")]
    candidates += map(str, installed.glob(f"{corner.python}.*/bin/python"))
    for candidate in filter(None, candidates):
        # A shim of pyenv's may be there without running.
        done = subprocess.run(
            [candidate, "-c", "import sys; print(sys._base_executable)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout.strip()
    raise FileNotFoundError(f"There is no Python {corner.python} on this machine.")


def _uv(*arguments: str) -> None:
    # Not as a part of the repository's own environment, whatever the shell says of uv.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run([sys.executable, "-m", "uv", *arguments], env=environment, check=True)


def run_tests(corner: Corner, arguments: list[str]) -> int:
    """Run the core tests, or what pytest's `arguments` say, in the corner; return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = make(folder / "venv", build_wheel(folder), corner, *_FOR_TESTS)
        paths = () if any(not one.startswith("-") for one in arguments) else CORE
        command = [python, "-m", "pytest", "-n", "2", *arguments, *paths]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("\n".join(f"{name}: {corner}" for name, corner in CORNERS.items()))
    raise SystemExit(run_tests(CORNERS[sys.argv[1]], sys.argv[2:]))
