"""Finds what a pull has brought and a save cannot take up: packages to install, variables to set."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

# How many names a sentence has room for.
_NAMED = 3


def missing(root: Path) -> Iterator[str]:
    """Yield a sentence with the command for each thing that the folder `root` lacks.

    It reads four small files, in a project that has been set up by `scripts/setup`; of another one
    it cannot know what should be there.
    """
    # scripts/setup writes down what it has installed.
    installed = _text(root / ".venv" / "installed")
    if not installed:
        return
    if _text(root / "pyproject.toml") + _text(root / "uv.lock") not in installed:
        yield (
            "pyproject.toml or uv.lock has changed since the packages were installed. Run "
            "./scripts/setup."
        )
    asked = re.findall(r"^(\w+)=", _text(root / ".env.example"), re.MULTILINE)
    given = re.findall(r"^\s*(?:export\s+)?(\w+)=", _text(root / ".env"), re.MULTILINE)
    # Without any there is no .env, and the environment has it all.
    names = [name for name in asked if name not in given and name not in os.environ]
    if given and names:
        yield (
            f".env does not set {some(names)}. Copy what you need from .env.example to .env, and "
            "run ./scripts/setup."
        )


def some(names: list[str]) -> str:
    """Return the first of many names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
