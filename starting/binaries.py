"""The files that an update must leave alone: those that are no text and have been changed.

Copier merges texts. Of other files it would take the new version, whatever was done to the old one.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from starting.git import git, tracked_files
from starting.names import OURS, Names
from starting.renaming import Renaming


def kept(
    repository: Path, target: Path, answers_file: Path, name: str, files: Iterable[Path]
) -> set[Path]:
    """Return which of `files` somebody has changed in the project in `target`, texts aside.

    Prints a line for each that has changed in the repository as well since the version that
    `answers_file` names.
    """
    if not (target / answers_file).exists():
        return set()
    [since] = re.findall(
        r'^_commit: "?([^"\n]+)', (target / answers_file).read_text(), re.MULTILINE
    )
    renaming = Renaming(OURS, Names.of(name))
    ours = {renaming.path(file): file for file in tracked_files(repository)}
    found = set()
    for file in ours.keys() & {file for file in files if _is_binary(target / file)}:
        old, new = (
            git(repository, "ls-tree", commit, "--", str(ours[file])) for commit in (since, "HEAD")
        )
        if git(target, "hash-object", "--no-filters", "--", str(file)).strip() not in old:
            found.add(file)
            if new != old:
                print(f"{file} has changed on both sides and cannot be merged; yours has stayed.")
    return found


def _is_binary(path: Path) -> bool:
    """Tell it as git does."""
    return path.is_file() and b"\0" in path.read_bytes()[:8000]
