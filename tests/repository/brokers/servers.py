"""Real brokers on free ports of 127.0.0.1, each in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from redis.sentinel import Sentinel
from workshift.testing import programs
from workshift.testing.processes import Process, eventually, free_port

MASTER_NAME = "django"


class Server:
    """A server that runs for the length of a `with` block, and can be killed and started in it."""

    def __init__(
        self, command: Sequence[str | Path], folder: Path, port: int, **environment: str
    ) -> None:
        """Prepare `command`, which is to run in `folder` and to listen on `port`."""
        self._command = command
        self._folder = folder
        self._port = port
        self._environment = {**os.environ, **environment}
        self._process: Process | None = None

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        server = Process(self._command, folder=self._folder, environment=self._environment)
        self._process = server
        eventually(
            lambda: listens(self._port) or server.process.poll() is not None,
            f"{self._command} listens",
        )
        assert server.process.poll() is None, server.output

    def stop(self) -> None:
        """Tell it to stop, and return when it has."""
        if self._process:
            self._process.tell(signal.SIGTERM)
            self._process.wait()

    def kill(self) -> None:
        """Kill it, as a crash would."""
        if self._process:
            self._process.kill()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it."""
        self.kill()


@dataclass
class Broker:
    """A running broker: the variables that lead to it, and the server that holds the tasks."""

    variables: dict[str, str]
    server: Server


def listens(port: int) -> bool:
    """Tell whether a server accepts connections on `port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Broker]:
    """RabbitMQ, without plugins; it shares nothing with another one on this machine."""
    program = programs.rabbitmq()
    port, distribution, names = free_port(), free_port(), free_port()
    (folder / "plugins").write_text("[].")
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "tests@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        # Without it a shell would stay between us and the server.
        "RABBITMQ_ALLOW_INPUT": "1",
    }
    with (
        # Otherwise the server starts one that outlives it.
        Server(["epmd", "-address", "127.0.0.1", "-port", str(names)], folder, names),
        Server([program, "-noinput"], folder, port, **environment) as server,
    ):
        yield Broker({"CELERY_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{port}//"}, server)


@contextmanager
def redis_over_tls(folder: Path) -> Iterator[Broker]:
    """Redis with a certificate of its own, which clients must know and which they must show."""
    run = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*run, *names, "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    port = free_port()
    options = {
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": "certificate.pem",
        "tls-key-file": "key.pem",
        "tls-ca-cert-file": "certificate.pem",
        "tls-auth-clients": "no",
    }
    with Server(redis_command(programs.redis(), options), folder, port) as server:
        trusted = folder / "certificate.pem"
        url = f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=required&ssl_ca_certs={trusted}"
        yield Broker({"REDIS_URL": url}, server)


@contextmanager
def sentinels(folder: Path) -> Iterator[Broker]:
    """A Redis, its replica, and two sentinels that watch them."""
    program = programs.redis()
    main, replica, *ports = (free_port() for _ in range(4))
    with ExitStack() as stack:
        first = stack.enter_context(
            Server(
                redis_command(program, {"port": str(main), "appenddirname": "main"}), folder, main
            )
        )
        follow = {"port": str(replica), "replicaof": f"127.0.0.1 {main}"}
        stack.enter_context(Server(redis_command(program, follow), folder, replica))
        for port in ports:
            configuration = folder / f"{port}.conf"
            configuration.write_text(
                f"port {port}\nbind 127.0.0.1\n"
                f"sentinel monitor {MASTER_NAME} 127.0.0.1 {main} 1\n"
                f"sentinel down-after-milliseconds {MASTER_NAME} 500\n"
            )
            stack.enter_context(Server([program, configuration, "--sentinel"], folder, port))
        sentinel: Any = Sentinel
        ask = sentinel([("127.0.0.1", port) for port in ports])
        eventually(lambda: ask.discover_slaves(MASTER_NAME), "the sentinels know the replica")
        url = ";".join(f"sentinel://127.0.0.1:{port}/0" for port in ports)
        yield Broker({"REDIS_URL": url, "REDIS_MASTER_NAME": MASTER_NAME}, first)


@contextmanager
def valkey(folder: Path) -> Iterator[Broker]:
    """Valkey, where it is installed: Debian 12 has none."""
    program = shutil.which("valkey-server")
    if not program:
        pytest.skip("Needs valkey-server on the PATH.")
    port = free_port()
    with Server(redis_command(Path(program), {"port": str(port)}), folder, port) as server:
        yield Broker({"REDIS_URL": f"redis://127.0.0.1:{port}/0"}, server)


def redis_command(program: Path, options: Mapping[str, str]) -> list[str | Path]:
    """Return the command of a Redis on 127.0.0.1."""
    command: list[str | Path] = [program]
    for name, value in {"bind": "127.0.0.1", "appendonly": "yes", **options}.items():
        command += [f"--{name}", *value.split()]
    return command
