"""The few things that are asked of git."""

import subprocess
from pathlib import Path

from starting.errors import StartingError


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` and return what it writes.

    Raises StartingError with git's own message if it fails.
    """
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise StartingError("git is needed; install it and run this again.") from error
    except subprocess.CalledProcessError as error:
        reason = " ".join(error.stderr.split()) or str(error)
        raise StartingError(f"git {arguments[0]} failed in {folder}: {reason}") from error
    return done.stdout


def tracked_files(folder: Path) -> list[Path]:
    """Return the files that git tracks in `folder`, relative to it."""
    names = git(folder, "ls-files", "-z").split("\0")
    return sorted(Path(name) for name in names if name and (folder / name).is_file())


def require_clean(folder: Path) -> None:
    """Raise StartingError if `folder` has changes that are not committed."""
    if git(folder, "status", "--porcelain"):
        raise StartingError(
            f"{folder} has changes that are not committed; commit or stash them and run this again."
        )
