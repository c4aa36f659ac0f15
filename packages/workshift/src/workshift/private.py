"""Keep what the project writes while it runs for its owner alone, whatever the umask says."""

import os
import stat
from pathlib import Path
from typing import Any

from django.conf import settings

from . import paths

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_open(path: Path) -> bool:
    """Tell whether anybody but its owner may do anything with the file or folder at `path`."""
    return bool(path.stat().st_mode & _OTHERS)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone.

    One that is there already stays as it is. Raises OSError.
    """
    for missing in (*reversed(folder.parents), folder):
        missing.mkdir(mode=stat.S_IRWXU, exist_ok=True)


def close_database(connection: Any, **_: Any) -> None:
    """Close development's SQLite file to others, as soon as there is a connection to it.

    SQLite gives the files that it puts beside it the same rights. A file in another place is left
    to whoever has chosen it, and so is that of production.
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
