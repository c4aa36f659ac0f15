"""The folder that a project is started in: empty before, and again if it cannot be finished."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from starting.errors import StartingError
from starting.git import tracked_files

# What a folder may have that counts as empty: a git repository, and what file managers leave.
_NOTHING = frozenset({".git", ".DS_Store", ".directory", "Thumbs.db", "desktop.ini"})


def require_usable(target: Path, repository: Path) -> None:
    """Raise StartingError if no project can live in `target`, or if it is in `repository`."""
    if os.pathsep in str(target.resolve()):
        raise StartingError(
            f"{target.resolve()} has a colon in it, which separates the folders of PATH: the "
            "project's programs would not be found. Choose another folder."
        )
    if target.resolve().is_relative_to(repository.resolve()):
        raise StartingError(
            f"{target} is in the folder that the project is started from; choose one elsewhere, "
            f"such as {repository.resolve().parent / target.name}."
        )


def require_empty(target: Path) -> None:
    """Raise StartingError if there is anything but perhaps a git repository."""
    if any(path.name not in _NOTHING for path in _content(target)):
        raise StartingError(f"{target} is not empty; choose a folder that is empty or new.")


def require_tracked(target: Path, files: Iterable[Path]) -> None:
    """Raise StartingError if one of `files` is in `target`, but not in its git repository.

    Copier compares only what is committed, and would lose the other.
    """
    there = {file for file in files if (target / file).exists(follow_symlinks=False)}
    # There need not be a repository where nothing is there.
    for file in sorted(there - set(tracked_files(target)) if there else there):
        raise StartingError(
            f"{target / file}, which git does not track, is in the way of a file of the new "
            "version; rename it or commit it (`git add --force`, if git ignores it), and run this "
            "again."
        )


@contextmanager
def emptied_on_failure(target: Path) -> Iterator[None]:
    """Take out of `target` what the block has written there if it does not come to its end."""
    before = _content(target)
    made = [folder for folder in (target, *target.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        for path in _content(target) - before:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _content(target: Path) -> set[Path]:
    try:
        return set(target.iterdir())
    except FileNotFoundError:
        return set()
    except NotADirectoryError as error:
        file = next(path for path in (target, *target.parents) if path.exists())
        raise StartingError(f"{file} is a file; choose a folder that is empty or new.") from error
