"""A site as a process of its own, with servers of its own that a test may stop."""

import http.client
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests import ROOT
from workshift.testing import programs
from workshift.testing.postgres import Cluster
from workshift.testing.processes import DEADLINE, Process, RedisServer, free_port

# How a probe of Kubernetes asks: without a name of the site, without HTTPS.
PROBE = {"Host": "10.1.2.3:8000"}

# How a visitor asks, through the proxy.
VISITOR = {"Host": "example.com", "X-Forwarded-Proto": "https"}


class Site(Process):
    """The tests' project, served."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Start it; `environment` is added to the tests' own."""
        self.port = free_port()
        super().__init__(
            [sys.executable, "-m", "tests.health.serve", str(self.port)],
            folder=ROOT,
            environment={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "DJANGO_SETTINGS_MODULE": "tests.health.settings",
                **environment,
            },
        )

    def get(self, path: str, headers: dict[str, str]) -> tuple[HTTPResponse, str]:
        """Return the answer and its text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def probe(self, path: str) -> tuple[int, str]:
        """Ask as a probe does; return the status and the text."""
        response, text = self.get(path, PROBE)
        return response.status, text.strip()


StartSite = Callable[..., Site]


@pytest.fixture
def start_site() -> Iterator[StartSite]:
    """Start a site and return it once it answers; `environment` is added to the tests' own."""
    sites: list[Site] = []

    def start(**environment: str) -> Site:
        site = Site(environment)
        sites.append(site)
        return site.wait_for("Serving")

    yield start
    for site in sites:
        site.kill()
        # Shown where the test fails.
        print(site.output)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop."""
    server = RedisServer.of(programs.redis(), free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def empty_database(postgres: Cluster) -> str:
    """The DATABASE_URL of a database of PostgreSQL without any table."""
    return postgres.create_database(uuid.uuid4().hex)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def migrate(database_url: str) -> None:
    """Apply all migrations."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        check=True,
    )
