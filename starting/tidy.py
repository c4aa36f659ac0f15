"""Bring renamed code into the form that `scripts/lint` wants.

The length of a name decides where lines are broken, and its first letter the order of imports.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from starting.errors import StartingError


def tidy(folder: Path, files: Iterable[Path]) -> None:
    """Format the Python in these files of `folder`, pages included, with the ruff of its lock.

    Raises StartingError if there is none here and no uv to fetch it, or if it fails.
    """
    modules = [str(file) for file in files if file.suffix == ".py"]
    pages = [str(file) for file in files if file.suffix == ".md"]
    ruff = _ruff(folder)
    options = ["--quiet", "--no-cache", "--config", "pyproject.toml", "--force-exclude", "--"]
    for command, names in (
        (["check", "--select", "I", "--fix"], modules),
        (["format"], modules + pages),
    ):
        done = subprocess.run(
            [*ruff, *command, *options, *names],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StartingError(f"ruff could not format the project: {done.stderr.strip()}")


def _ruff(folder: Path) -> list[str]:
    """Return the command that runs the ruff of the lock."""
    lock = tomllib.loads((folder / "uv.lock").read_text(encoding="utf-8"))
    [version] = [package["version"] for package in lock["package"] if package["name"] == "ruff"]
    try:
        if importlib.metadata.version("ruff") == version:
            return [sys.executable, "-m", "ruff"]
    except importlib.metadata.PackageNotFoundError:
        pass
    # uv tells the programs that it runs where it is; it need not be on the PATH.
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise StartingError(
            f"uv is needed to fetch ruff {version}, which formats the project, and is not "
            "installed; install it (https://docs.astral.sh/uv/) and run this again."
        )
    # No other interpreter, which uv might download.
    return [uv, "tool", "run", "--python", sys.executable, f"ruff@{version}"]
