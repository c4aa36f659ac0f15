"""Checks `.env`: that it exists, is private, and sets the right variables."""

import os
import re
import stat
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from ..env import dotenv_file, dotenv_values
from .context import Context
from .findings import Findings, ok, problem, warning


def dotenv(context: Context) -> Findings:
    """Compare `.env` with `.env.example`, which lists every variable.

    Raises InvalidEnvironment if it cannot be read.
    """
    path = dotenv_file(context.folder / ".env")
    given = dotenv_values(path).keys()
    if not path.is_file():
        # If the environment sets everything, as in production, no file is needed.
        if os.environ.get("SECRET_KEY"):
            yield ok(f"There is no {path}; the environment sets the variables.")
        elif not given:
            yield problem(
                f"There is no {path}, and SECRET_KEY is not in the environment.",
                "Copy .env.example to it, and fill in the empty values.",
            )
        return
    example = context.folder / ".env.example"
    trouble = [*access(path), *(names(path, given, example) if example.exists() else ())]
    yield from trouble
    if not trouble:
        named = " (ENV_FILE names it)" if os.environ.get("ENV_FILE") else ""
        yield ok(
            f"{path}{named} can be read only by its owner, and has all variables of .env.example."
        )


def access(path: Path) -> Findings:
    """Check that others cannot read the secrets."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            f"{path} contains secrets, and other users of this machine can read or change it.",
            f"Run `chmod 600 {path}`.",
        )


def names(path: Path, given: Iterable[str], example: Path) -> Findings:
    """Find misspelt variables, and those that only `example` sets."""
    text = example.read_text(encoding="utf-8")
    known = set(re.findall(r"^(?:# )?(\w+)=", text, re.MULTILINE))
    for name in sorted(set(given) - known):
        meant = get_close_matches(name, known, n=1)
        yield warning(
            f"{path} sets {name}, which is not in .env.example.",
            (f"Did you mean {meant[0]}? " if meant else "")
            + "If it is your own variable, add it there; a misspelt one has no effect.",
        )
    for name in sorted(set(re.findall(r"^(\w+)=", text, re.MULTILINE)) - set(given)):
        if not os.environ.get(name):
            yield warning(
                f"{path} does not set {name}, so its default is used.",
                "Copy its line from .env.example, and fill in an empty value.",
            )
