"""The very commands of compose.yaml, in its order, against a real PostgreSQL, Redis and SMTP.

An image cannot be built in a test. What a container would run is run here as it is written there.
"""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest
from workshift.testing import programs
from workshift.testing.postgres import Cluster
from workshift.testing.processes import Process, RedisServer, eventually, free_port

from tests import ROOT
from tests.mail_server import MailServer
from tests.repository.deploy.files import command, health_check, seconds, services, stop_signal
from tests.repository.stack.clone import Visitor

# What is started otherwise.
SERVERS = {"postgres", "redis"}

# What each writes when it is ready.
READY = {"web": "Booting worker", "worker": " ready.", "beat": "beat: Starting"}


class Deployment:
    """The services of compose.yaml on this machine."""

    def __init__(self, folder: Path, postgres: Cluster) -> None:
        """Start the servers; `folder` stands for what a container may write to."""
        self.mail = MailServer()
        # All of the words but the program's: that may be Valkey here.
        server: list[str | Path]
        server = [programs.redis(), "--bind", "127.0.0.1", *command("redis")[1:], "--port"]
        self.redis = RedisServer(server, free_port(), folder)
        self.redis.start()
        self.port = free_port()
        self.processes: dict[str, Process] = {}
        self._folder = folder
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "HOSTNAME": os.uname().nodename,
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

    def run(self, *words: str) -> Process:
        """Start a command as a container would."""
        words = tuple(word.replace("/var/lib/site", str(self._folder)) for word in words)
        return Process(words, folder=ROOT, environment=self._environment)

    def up(self) -> None:
        """Start what Compose would, each when what it depends on is as it has to be."""
        ours = {name: one for name, one in services().items() if name not in SERVERS}
        needed = {name: one["depends_on"].keys() - SERVERS for name, one in ours.items()}
        order = TopologicalSorter(needed)
        order.prepare()
        while group := order.get_ready():
            # These begin at the same time.
            started = {name: self.run(*command(name)) for name in group}
            self.processes |= started
            for name, process in started.items():
                if name == "migrate":
                    assert process.wait() == 0, process.output
                else:
                    process.wait_for(READY[name])
            order.done(*group)
        # What web waits for.
        check = self.run("sh", "-c", ours["worker"]["healthcheck"]["test"].replace("$$", "$"))
        assert check.wait() == 0, check.output

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
    for name, value in {"maxmemory-policy": "noeviction", "appendonly": "yes"}.items():
        assert deployment.redis.client.config_get(name) == {name: value}
    deployment.up()
    if find_spec("workshift.health"):
        check = deployment.run(*health_check())
        assert check.wait() == 0, check.output
        Visitor(deployment.port).open("/up/ready/")

    visitor = Visitor(deployment.port)
    visitor.send("/", {"email": "anna@example.org", "message": "first"})
    eventually(lambda: len(deployment.mail.mails) == 1)

    # Everything is told to stop in the middle of the second one's task.
    deployment.mail.mood = "holds"
    page = visitor.send("/", {"email": "anna@example.org", "message": "second"})
    eventually(lambda: "Sending" in visitor.open(page))
    del deployment.processes["migrate"]
    for process in deployment.processes.values():
        process.tell(stop_signal())
    deployment.processes["worker"].wait_for("Warm shutdown")
    deployment.mail.mood = "takes"

    for name, process in deployment.processes.items():
        grace = services()[name].get("stop_grace_period", "10s")
        assert process.wait(seconds(grace)) == 0, process.output
    assert [mail.get_content().split()[0] for mail in deployment.mail.mails] == ["first", "second"]


def test_the_signal_is_the_one_that_lets_tasks_finish() -> None:
    assert stop_signal() is signal.SIGTERM


def test_nothing_begins_before_what_it_needs() -> None:
    needed = {name: services()[name]["depends_on"] for name in READY}

    for one in needed.values():
        assert one["migrate"] == {"condition": "service_completed_successfully"}
    # No page sends a task to a worker that does not know it yet.
    assert needed["web"]["worker"] == {"condition": "service_healthy"}
