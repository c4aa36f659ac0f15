"""Finds the project's folder, and in it the one for development's own files."""

import sys
from pathlib import Path


def project() -> Path:
    """Return the folder of `manage.py`, or the current folder if another program runs."""
    script = Path(sys.argv[0])
    return script.resolve().parent if script.name == "manage.py" else Path.cwd()


def run() -> Path:
    """Return the folder for development's locks, logs and data, which may not exist yet."""
    return project() / ".run"


def dev() -> str:
    """Return the command that starts the whole stack in this project."""
    is_starter = (project() / "scripts" / "dev").is_file()
    return "./scripts/dev" if is_starter else "python manage.py dev"
