"""Finds programs that only the system can install."""

import shutil
from pathlib import Path


def redis() -> str | None:
    """Return the path of Redis or Valkey."""
    return _first("redis-server", "valkey-server")


def chromium() -> str | None:
    """Return the path of Chromium or Chrome."""
    return _first("chromium", "chromium-browser", "google-chrome")


def postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs."""
    # Debian keeps the server's programs off the PATH.
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _first(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
