"""Bring renamed code into the form that `scripts/lint` wants.

The length of a name decides where lines are broken, and its first letter the order of imports.
"""

import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from starting.errors import StartingError


def tidy(folder: Path, file: str = ".", source: str | None = None) -> str:
    """Sort the imports of the project in `folder`, and format it.

    With `source`, return that as it would be in `file`, and write nothing. Raises StartingError if
    ruff fails, or is not here and cannot be fetched.
    """
    where = [file] if source is None else ["--stdin-filename", file, "-"]
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        options = ("--quiet", "--no-cache", "--config", "pyproject.toml", "--force-exclude")
        done = subprocess.run(
            [*_ruff(folder), *command, *options, *where],
            cwd=folder,
            input=source,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise StartingError(f"ruff could not format the project: {done.stderr.strip()}")
        source = done.stdout if source is not None else None
    return source or ""


def _ruff(folder: Path) -> list[str]:
    if find_spec("ruff"):
        return [sys.executable, "-m", "ruff"]
    # uv tells the programs that it runs where it is; no other interpreter, which it might download.
    uv = [os.environ.get("UV", "uv"), "tool", "run", "--python", sys.executable]
    lock = tomllib.loads((folder / "uv.lock").read_text(encoding="utf-8"))
    return [*uv, *(f"ruff@{one['version']}" for one in lock["package"] if one["name"] == "ruff")]
