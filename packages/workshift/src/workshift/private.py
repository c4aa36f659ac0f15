"""Keeps the project's files private to their owner, whatever the umask."""

import os
import stat
from pathlib import Path
from typing import Any

from django.conf import settings

from . import paths

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_open(path: Path) -> bool:
    """Tell whether anyone but its owner has access to the file or folder at `path`."""
    return bool(path.stat().st_mode & _OTHERS)


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, with access for the owner only.

    An existing folder is not changed. Raises OSError.
    """
    for missing in (*reversed(folder.parents), folder):
        missing.mkdir(mode=stat.S_IRWXU, exist_ok=True)


def make_run_folder() -> None:
    """Create `.run`, with a file that makes git ignore it. Raises OSError."""
    folder = paths.run()
    make_folder(folder)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


def close_database(connection: Any, **_: Any) -> None:
    """Make development's SQLite file private when a connection to it is opened.

    SQLite gives the files next to it the same permissions. A file in another place, or in
    production, is not touched.
    """
    default = paths.project() / "db.sqlite3"
    if (
        not settings.DEBUG
        or connection.vendor != "sqlite"
        or Path(connection.settings_dict["NAME"]) != default
    ):
        return
    for path in (default, *(default.with_name(default.name + end) for end in ("-wal", "-shm"))):
        if path.exists() and is_open(path) and path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode & ~_OTHERS)
