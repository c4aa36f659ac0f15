"""Finds the programs that tests need and that only the system can install."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def redis() -> Path:
    """Return the path of Redis or Valkey; without it, skip the test, or fail it in CI."""
    return Path(_first("redis-server", "valkey-server") or _missing("Redis", "redis-server"))


def chromium() -> Path:
    """Return the path of Chromium or Chrome; without it, skip the test, or fail it in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return Path(_first(*names) or _missing("Chromium or Chrome", "chromium"))


def postgresql() -> Path:
    """Return the folder of PostgreSQL's programs; without it, skip the test, or fail it in CI."""
    # Debian keeps the server's programs off the PATH.
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else _missing("PostgreSQL", "postgresql")


def rabbitmq() -> Path:
    """Return the path of RabbitMQ; without it, skip the test, or fail it in CI."""
    # Debian's program of this name on the PATH changes the user first, and only root may run it.
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return program if program.exists() else _missing("RabbitMQ", "rabbitmq-server")


def _first(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _missing(title: str, package: str) -> NoReturn:
    message = f"No {title} is installed; for this test: sudo apt install {package}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
