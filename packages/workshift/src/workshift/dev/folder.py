"""Checks that the stack can use the project's folder and `.run` in it."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from .errors import CannotStartError


def require_usable(root: Path) -> None:
    """Return if the stack can work in the folder `root`; changes nothing.

    Raises CannotStartError with a sentence that names the bad path and the next step.
    """
    if os.pathsep in str(root):
        raise CannotStartError(
            f"The path {root} contains a colon, which separates the folders in PATH, so the "
            "programs in .venv are not found. Rename the folder and run this again."
        )
    run = root / ".run"
    if run.is_symlink() and not run.exists():
        raise CannotStartError(
            f"{run} is a link to {run.readlink()}, which does not exist. Remove it and run this "
            "again."
        )
    if run.exists() and not run.is_dir():
        raise CannotStartError(f"{run} must be a folder. Remove it and run this again.")
    for path in used(root, run):
        if not may_write(path):
            raise CannotStartError(refusal(path, run if run.exists() else root))


def used(root: Path, run: Path) -> Iterator[Path]:
    """Yield what the stack writes to, each folder before its contents."""
    if not run.exists():
        yield root
        return
    yield run
    yield from run.iterdir()
    redis = run / "redis"
    if redis.is_dir():
        yield from redis.rglob("*")


def may_write(path: Path) -> bool:
    """Tell whether we may write to a file, or work in a folder."""
    mode = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def refusal(path: Path, top: Path) -> str:
    """Say why `path`, which is `top` or in it, cannot be written, and what to do."""
    owner = path.stat().st_uid
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return (
            f"{path} cannot be written: its file system is read-only. Move the project to a folder "
            "that you can write to, and start it there."
        )
    if owner != os.geteuid():
        return (
            f"{path} cannot be written: it belongs to {name_of(owner)}. Run "
            f"`sudo chown -R $(id -un) {top}` and run this again."
        )
    return f"{path} cannot be written. Run `chmod -R u+rwX {top}` and run this again."


def name_of(user: int) -> str:
    """Return the name of a user, or the number if it has no name."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
