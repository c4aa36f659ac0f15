"""Real processes for tests: a Redis server, and processes whose output can be awaited."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import redis

ROOT = Path(__file__).resolve().parent.parent

# Seconds after which something that should have happened will not happen any more. Far more than
# it takes, so that a busy machine makes the tests slow, and not red.
DEADLINE = 60

# A beat inside a worker. In memory: the file of the default one, SQLite from Python 3.13 on, now
# and then cannot be locked in the process that Celery forks for it.
BEAT = ("--beat", "--scheduler", "celery.beat:Scheduler")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody holds at the moment.

    Below the range from which the system gives ports to outgoing connections: one of those could
    take it before the server that it is meant for has started.
    """
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def eventually(condition: Callable[[], object]) -> None:
    """Return when `condition()` is true. Raises AssertionError if it does not become so."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.05)


class RedisServer:
    """A server that speaks Redis' protocol on 127.0.0.1; `command` ends with its port."""

    def __init__(self, command: Sequence[str | Path], port: int, folder: Path) -> None:
        """Prepare a server that keeps its files in `folder`; `start()` starts it."""
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = redis.Redis(port=port, socket_timeout=DEADLINE)
        self._command = [*map(str, command), str(port)]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, program: str | Path, port: int, folder: Path) -> Self:
        """Prepare one of the Redis or Valkey `program`, which keeps nothing on disk."""
        return cls([program, "--bind", "127.0.0.1", "--save", "", "--port"], port, folder)

    def start(self) -> None:
        """Start the server and return when it answers. Raises AssertionError if it does not."""
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                assert self._process.poll() is None, f"{self._command} ended by itself."
                assert time.monotonic() < deadline, f"{self._command} does not answer."
                time.sleep(0.01)
            else:
                return

    def stop(self) -> None:
        """Kill the server, as a crash would; what it held in memory is gone."""
        if self._process:
            self._process.kill()
            self._process.wait(DEADLINE)
            self._process = None
        self.client.close()


class Process:
    """A process in a group of its own, and all it has written so far."""

    def __init__(
        self, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start `command` in `folder` with exactly this environment."""
        self._process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._output = ""
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id; of a worker, that of its main process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """Everything that it and the processes it started have written so far."""
        with self._changed:
            return self._output

    def wait_for(self, text: str) -> Self:
        """Return when `text` has been written.

        Raises AssertionError, with the whole output, if the process ends before or takes too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: text in self._output or self._ended, DEADLINE)
            assert text in self._output, f"{text!r} was not written:\n{self._output}"
        return self

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to its group."""
        self._process.send_signal(number)

    def wait(self, patience: float = DEADLINE) -> int:
        """Return the exit code when the process has ended, and all of its output been read.

        Raises subprocess.TimeoutExpired if it is still there after `patience` seconds.
        """
        code = self._process.wait(patience)
        self._reader.join(DEADLINE)
        return code

    def stop(self) -> None:
        """End the process: politely, and if it takes too long with its whole process group."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                with self._changed:
                    self._output += line
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Worker(Process):
    """A Celery worker."""

    def __init__(self, options: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `celery worker` with these options, in this environment besides our own."""
        super().__init__(
            [sys.executable, "-m", "celery", "-A", "django_celery", "worker", *options],
            folder=ROOT,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
