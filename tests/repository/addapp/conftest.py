"""A copy of the project to add apps to, with a database of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workshift.testing.chromium import browser

from tests.repository.stack.clone import Clone

__all__ = ["browser"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone that has not been set up: the packages are those of the tests."""
    return Clone(tmp_path / "clone", {}).folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Run Python in the clone; return what it said, on both streams, and its exit code."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run
