"""The project's folder and `.run` in it: can the stack work there?"""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from .errors import CannotStartError


def require_usable(root: Path) -> None:
    """Return if the stack can work in the folder `root`; changes nothing.

    Raises CannotStartError with a sentence that names the path in the way, and the next step.
    """
    if os.pathsep in str(root):
        raise CannotStartError(
            f"The path {root} has a colon in it, which is what separates the folders of PATH, so "
            "the programs in .venv are not found. Rename the folder, and start it there."
        )
    run = root / ".run"
    if run.is_symlink() and not run.exists():
        raise CannotStartError(
            f"{run} is a link to {run.readlink()}, which is not there. Remove it and run this again."
        )
    if run.exists() and not run.is_dir():
        raise CannotStartError(f"{run} must be a folder. Remove it and run this again.")
    for path in used(root, run):
        if not may_write(path):
            raise CannotStartError(refusal(path, run if run.exists() else root))


def used(root: Path, run: Path) -> Iterator[Path]:
    """Yield what the stack writes to, each folder before what is in it."""
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
            f"{path} cannot be written: its file system is read-only. Put the project where you "
            "may write, and start it there."
        )
    if owner != os.geteuid():
        return (
            f"{path} cannot be written: it belongs to {name_of(owner)}. Run "
            f"`sudo chown -R $(id -un) {top}` and run this again."
        )
    return f"{path} cannot be written. Run `chmod -R u+rwX {top}` and run this again."


def name_of(user: int) -> str:
    """Return the name of a user, or the number if this machine knows none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
