"""The site as docs/production.md describes it, started by the lines of the `Procfile`."""

import itertools
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import redis
from workshift.testing.processes import free_port

from benchmarks.machine import redis_program
from benchmarks.project import ROOT
from benchmarks.site.accounts import Accounts
from benchmarks.site.daemon import DEADLINE, Daemon
from benchmarks.site.database import Database
from benchmarks.site.machines import Machines

_BIN = Path(sys.executable).parent


class Site:
    """PostgreSQL, Redis, a mail server, gunicorn, a beat and workers, each with its log."""

    def __init__(
        self,
        folder: Path,
        machines: Machines,
        *,
        settings: str = "django_celery.settings",
        processes: int = 2,
        further: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare; the context manager starts the servers, and `start` the rest."""
        self.folder, self.machines, self.processes = folder, machines, processes
        self.accounts = Accounts(folder)
        self.code = folder / "code"
        for name in ("django_celery", "feedback", "benchmarks"):
            shutil.copytree(ROOT / name, self.code / name)
        # With gunicorn's options: the Procfile's line is half of them.
        for name in ("manage.py", "gunicorn.conf.py"):
            shutil.copy(ROOT / name, self.code)
        self._numbers = itertools.count(1)
        self._procfile = dict(
            line.split(": exec ", 1)
            for line in (ROOT / "Procfile").read_text().splitlines()
            if ": exec " in line
        )
        self.workers: list[Daemon] = []
        self.beats: list[Daemon] = []
        self.web: Daemon | None = None
        self.visiting: Daemon | None = None
        self._daemons: list[Daemon] = []
        self.port, self._redis_port, self._mail_port = free_port(), free_port(), free_port()
        self.redis_client = redis.Redis(machines.address("broker"), self._redis_port)
        self.database = Database(folder / "database", machines)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "C_FORCE_ROOT": "1",
            "PYTHONUNBUFFERED": "1",
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": settings,
            "SECRET_KEY": uuid.uuid4().hex,
            "ALLOWED_HOSTS": "localhost",
            "USE_HTTPS": "off",
            "DATABASE_URL": self.database.url,
            "REDIS_URL": f"redis://{machines.address('broker')}:{self._redis_port}/0",
            "REDIS_PREFIX": "site:",
            "EMAIL_HOST": machines.ours,
            "EMAIL_PORT": str(self._mail_port),
            "EMAIL_USE_TLS": "off",
            "FEEDBACK_DELAY_SECONDS": "0",
            "FEEDBACK_PER_VISITOR": "0",
            "FEEDBACK_PER_ADDRESS": "0",
            **(further or {}),
        }

    def __enter__(self) -> Self:
        """Start PostgreSQL, Redis and the mail server, and migrate."""
        # PostgreSQL's user has to get through.
        self.folder.chmod(0o711)
        try:
            self.database.create()
            self.start_redis()
            self.manage("migrate", "--verbosity", "0")
            arguments = [self.machines.ours, str(self._mail_port), str(self.accounts.mails)]
            self.mail = self._own("mail", *arguments)
            _wait_for_port(self.machines.ours, self._mail_port, self.mail)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that was started, at once."""
        for daemon in reversed(self._daemons):
            daemon.kill()
        self.database.stop()

    def start(self, workers: int = 1) -> None:
        """Start web, workers and beat, and return when they answer."""
        address = self.machines.address("web")
        bind = ["--bind", f"{address}:{self.port}", "--workers", "2"]
        self.web = self._run("web", "web", *bind)
        for number in range(workers):
            self.workers.append(self.start_worker(f"worker{number + 1}"))
        self.beats.append(self.start_beat())
        _wait_for_port(address, self.port, self.web)
        for worker in self.workers:
            worker.wait_for(" ready.")
        self.beats[0].wait_for("beat: Starting")

    def start_worker(self, machine: str, further: Mapping[str, str] | None = None) -> Daemon:
        """Start a worker on `machine`, with more in its environment."""
        name = f"{machine}-{next(self._numbers)}"
        options = ["--concurrency", str(self.processes), "--hostname", f"{name}@bench"]
        return self._run(machine, "worker", *options, name=name, further=further)

    def start_again(self) -> int:
        """Start again which workers have ended by themselves; return how many."""
        ended = [index for index, worker in enumerate(self.workers) if worker.has_ended()]
        for index in ended:
            self.workers[index] = self.start_worker(f"worker{index + 1}")
        return len(ended)

    def start_beat(self) -> Daemon:
        """Start a beat on the machine of the first worker."""
        name = f"beat-{next(self._numbers)}"
        schedule = ["--schedule", str(self.folder / name)]
        return self._run("worker1", "beat", *schedule, name=name)

    def start_redis(self) -> None:
        """Start a Redis that keeps nothing on disk, and return when it answers."""
        address = self.machines.address("broker")
        command = [redis_program(), "--bind", address, "--port", str(self._redis_port)]
        command += ["--save", "", "--protected-mode", "no"]
        self.redis = self._keep("broker", command, self.environment, "redis")
        _wait_for_port(address, self._redis_port, self.redis)

    @contextmanager
    def visitors(self, rate: float) -> Iterator[None]:
        """Let visitors come within the block; at its end, wait for those that were let in."""
        address = self.machines.address("web")
        file = str(self.accounts.submissions)
        self.visiting = visitors = self._own("visitors", address, str(self.port), str(rate), file)
        try:
            yield
        except BaseException:
            # Whoever interrupts does not want to wait.
            visitors.kill()
            raise
        visitors.tell(signal.SIGTERM)
        visitors.wait()

    def manage(self, *arguments: str) -> None:
        """Run `manage.py` with these arguments where the web process runs."""
        command = [sys.executable, "manage.py", *arguments]
        command = self.machines.command("web", command)
        subprocess.run(command, cwd=self.code, env=self.environment, check=True)

    def settle(self, patience: float = DEADLINE) -> int:
        """Wait until no message waits any more; return how many still do after `patience`."""
        deadline = time.monotonic() + patience
        while (left := self.database.unfinished()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return left

    def _own(self, module: str, *arguments: str) -> Daemon:
        """Start a module of ours, from here."""
        command = [sys.executable, "-m", f"benchmarks.site.{module}", *arguments]
        return self._keep("", command, {**os.environ, "PYTHONPATH": str(ROOT)}, module)

    def _run(
        self,
        machine: str,
        line: str,
        *options: str,
        name: str = "",
        further: Mapping[str, str] | None = None,
    ) -> Daemon:
        """Start a line of the `Procfile`, with more options, on `machine`."""
        program, *arguments = shlex.split(self._procfile[line])
        command = [str(_BIN / program), *arguments, *options]
        return self._keep(machine, command, {**self.environment, **(further or {})}, name or line)

    def _keep(
        self, machine: str, command: list[str], environment: Mapping[str, str], name: str
    ) -> Daemon:
        if machine:
            command = self.machines.command(machine, command)
        log = self.folder / f"{name}.log"
        daemon = Daemon(command, folder=self.code, environment=environment, log=log)
        self._daemons.append(daemon)
        return daemon


def _wait_for_port(address: str, port: int, daemon: Daemon) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return
        if daemon.has_ended() or time.monotonic() > deadline:
            raise SystemExit(f"Nothing listens on {address}:{port}; see {daemon.log}.")
        time.sleep(0.02)
