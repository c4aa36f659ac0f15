"""Where the project is, and the folder in it that development keeps its own files in."""

import sys
from pathlib import Path


def project() -> Path:
    """Return the folder of `manage.py`; of a program that runs without it, the current folder."""
    script = Path(sys.argv[0])
    return script.resolve().parent if script.name == "manage.py" else Path.cwd()


def run() -> Path:
    """Return the folder for locks, logs and the data of development, which may not exist yet."""
    return project() / ".run"


def dev() -> str:
    """Return the command that starts the whole stack, as this project has it."""
    is_starter = (project() / "scripts" / "dev").is_file()
    return "./scripts/dev" if is_starter else "python manage.py dev"
