"""The settings of durable tasks and of the mailbox: their names, and what counts without them."""

from pathlib import Path
from typing import Any

from django.conf import settings

from . import paths

DEFAULTS: dict[str, float] = {
    # Seconds that a worker has for one attempt. Longer than Celery's task_time_limit, so that
    # whoever began is certainly dead when the row is given to another.
    "DURABLE_LEASE_SECONDS": 360,
    # A row fails for good after so many attempts: with the waits below, after an hour and a half.
    "DURABLE_ATTEMPTS": 10,
    # Seconds of the wait after the first failed attempt. It doubles with each: 10, 20, 40 …
    "DURABLE_BACKOFF_SECONDS": 10,
    # Seconds that a hint has to reach a worker before the sweep sends another.
    "DURABLE_GRACE_SECONDS": 5,
    # Seconds between two sweeps, which CELERY_BEAT_SCHEDULE sends.
    "DURABLE_SWEEP_SECONDS": 5,
}


def durable(name: str) -> Any:
    """Return the setting `DURABLE_<name>`, or its default."""
    full = f"DURABLE_{name}"
    return getattr(settings, full, DEFAULTS[full])


def mailbox_folder() -> Path:
    """Return where the development mailbox keeps its e-mails: MAILBOX_FOLDER, or in `.run`."""
    return Path(getattr(settings, "MAILBOX_FOLDER", paths.run() / "mailbox"))


def dotenv() -> Path:
    """Return the file that the variables are read from: DOTENV, or `.env` in the project."""
    return Path(getattr(settings, "DOTENV", paths.project() / ".env"))
