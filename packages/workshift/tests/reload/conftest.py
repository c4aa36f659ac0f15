"""A fresh project for each test of the reload."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reload.project import Project
from workshift.testing.processes import RedisServer


@pytest.fixture
def project(tmp_path: Path, redis_server: RedisServer) -> Iterator[Project]:
    """A project in an empty folder, and an empty Redis."""
    project = Project(tmp_path / "project", redis_server.url)
    yield project
    project.probe.close()
