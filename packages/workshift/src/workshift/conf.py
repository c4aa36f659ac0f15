"""The settings of durable tasks and the mailbox: their names and defaults."""

from pathlib import Path
from typing import Any

from django.conf import settings

from . import paths

DEFAULTS: dict[str, float | None] = {
    # Seconds that a worker has for one attempt. Longer than Celery's task_time_limit, so that the
    # first worker is certainly dead when a second gets the row.
    "DURABLE_LEASE_SECONDS": 360,
    # A row fails for good after this many attempts: with the waits below, after an hour and a half.
    "DURABLE_ATTEMPTS": 10,
    # Seconds to wait after the first failed attempt. The wait doubles each time: 10, 20, 40 …
    "DURABLE_BACKOFF_SECONDS": 10,
    # Seconds for a hint to reach a worker before the sweep sends another.
    "DURABLE_GRACE_SECONDS": 5,
    # Seconds between two sweeps; CELERY_BEAT_SCHEDULE sends them.
    "DURABLE_SWEEP_SECONDS": 5,
    # Days after which the clean-up deletes a row that is done; None keeps all.
    "DURABLE_KEEP_DAYS": None,
}


def durable(name: str) -> Any:
    """Return the setting `DURABLE_<name>`, or its default."""
    full = f"DURABLE_{name}"
    return getattr(settings, full, DEFAULTS[full])


def mailbox_folder() -> Path:
    """Return the development mailbox's folder: MAILBOX_FOLDER, or one in `.run`."""
    return Path(getattr(settings, "MAILBOX_FOLDER", paths.run() / "mailbox"))


def dotenv() -> Path:
    """Return the file with the variables: DOTENV, or `.env` in the project."""
    return Path(getattr(settings, "DOTENV", paths.project() / ".env"))
