"""Finds the programs that tests need and that only the system can install."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from . import installed


def redis() -> Path:
    """Return the path of Redis or Valkey; without it, skip the test, or fail it in CI."""
    return Path(installed.redis() or _missing("Redis", "redis-server"))


def chromium() -> Path:
    """Return the path of Chromium or Chrome; without it, skip the test, or fail it in CI."""
    return Path(installed.chromium() or _missing("Chromium or Chrome", "chromium"))


def postgresql() -> Path:
    """Return the folder of PostgreSQL's programs; without it, skip the test, or fail it in CI."""
    return installed.postgresql() or _missing("PostgreSQL", "postgresql")


def rabbitmq() -> Path:
    """Return the path of RabbitMQ; without it, skip the test, or fail it in CI."""
    # Debian's program of this name on the PATH changes the user first, and only root may run it.
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return program if program.exists() else _missing("RabbitMQ", "rabbitmq-server")


def _missing(title: str, package: str) -> NoReturn:
    message = f"No {title} is installed; for this test: sudo apt install {package}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
