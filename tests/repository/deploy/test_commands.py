"""The very commands of compose.yaml, in its order, against a real PostgreSQL, Redis and SMTP.

An image cannot be built in a test. What a container would run is run here as it is written there.
"""

import os
import re
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshift.testing import programs
from workshift.testing.postgres import Cluster
from workshift.testing.processes import Process, RedisServer, eventually, free_port

from tests import ROOT
from tests.mail_server import MailServer
from tests.repository.deploy.files import FOLDER, command, seconds, services
from tests.repository.stack.clone import Visitor

# What each writes when it is ready.
READY = {"web": "Booting worker", "worker": " ready.", "beat": "beat: Starting"}


class Deployment:
    """The services of compose.yaml on this machine."""

    def __init__(self, folder: Path, postgres: Cluster) -> None:
        """Start Redis, and have a database; `folder` stands for what a container may write to."""
        self.mail = MailServer()
        # All of its words but the program's: that may be Valkey here.
        options = command("redis")[1:]
        port = free_port()
        self.redis = RedisServer(
            [programs.redis(), "--bind", "127.0.0.1", *options, "--port"], port, folder
        )
        self.redis.start()
        self.port = free_port()
        self._folder = folder
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "C_FORCE_ROOT": "1",
            "PYTHONUNBUFFERED": "1",
            "ENV_FILE": os.devnull,
            "SECRET_KEY": uuid.uuid4().hex,
            "USE_HTTPS": "off",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": postgres.create_database(uuid.uuid4().hex),
            "REDIS_URL": self.redis.url,
            "PORT": str(self.port),
            "FEEDBACK_DELAY_SECONDS": "0",
            **self.mail.environment,
        }
        self.processes: dict[str, Process] = {}

    def start(self, service: str) -> Process:
        """Start a service."""
        words = [word.replace("/var/lib/site", str(self._folder)) for word in command(service)]
        process = Process(words, folder=ROOT, environment=self._environment)
        self.processes[service] = process
        return process

    def check(self, service: str) -> Process:
        """Start the health check of a service."""
        [shell] = [services()[service]["healthcheck"]["test"]]
        environment = self._environment | {"HOSTNAME": os.uname().nodename}
        return Process(
            ["sh", "-c", shell.replace("$$", "$")], folder=ROOT, environment=environment
        )

    def close(self) -> None:
        """Kill whatever is left."""
        for process in self.processes.values():
            process.kill()
        self.redis.stop()
        self.mail.stop()


@pytest.fixture
def deployment(tmp_path: Path, postgres: Cluster) -> Iterator[Deployment]:
    """The services, of which only the servers run."""
    deployment = Deployment(tmp_path, postgres)
    yield deployment
    deployment.close()


def test_the_commands_of_compose_serve_the_site_and_stop_in_time(deployment: Deployment) -> None:
    assert deployment.redis.client.config_get("maxmemory-policy") == {
        "maxmemory-policy": "noeviction"
    }
    assert deployment.redis.client.config_get("appendonly") == {"appendonly": "yes"}
    migrate = deployment.start("migrate")
    assert migrate.wait() == 0, migrate.output
    for service in ("worker", "beat", "web"):
        deployment.start(service).wait_for(READY[service])
    check = deployment.check("worker")
    assert check.wait() == 0, check.output

    visitor = Visitor(deployment.port)
    visitor.send("/", {"email": "anna@example.org", "message": "first"})
    eventually(lambda: len(deployment.mail.mails) == 1)

    # The worker is stopped in the middle of the second one's task.
    deployment.mail.mood = "holds"
    visitor.send("/", {"email": "anna@example.org", "message": "second"})
    worker = deployment.processes["worker"]
    eventually(lambda: worker.output.count(" received") == 2)
    stop = signal.Signals[re.findall(r"^STOPSIGNAL (\w+)", dockerfile(), re.MULTILINE)[0]]
    for service in ("web", "beat", "worker"):
        deployment.processes[service].tell(stop)
    worker.wait_for("Warm shutdown")
    deployment.mail.mood = "takes"

    for service in ("web", "beat", "worker"):
        process = deployment.processes[service]
        grace = seconds(services()[service].get("stop_grace_period", "10s"))
        assert process.wait(grace) == 0, process.output
    assert [mail.get_content().split()[0] for mail in deployment.mail.mails] == ["first", "second"]


def dockerfile() -> str:
    """Return the Dockerfile."""
    return (FOLDER / "Dockerfile").read_text()
