"""Real processes for tests: Redis servers, and processes whose output can be awaited."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

import redis

# Seconds after which a test gives up waiting. Far more than needed, so that a busy machine makes
# the tests slow, not red.
DEADLINE = 60

# A beat inside a worker, with its schedule in memory: the default's file, SQLite since Python 3.13,
# sometimes cannot be locked in the process that Celery forks for it.
BEAT = ("--beat", "--scheduler", "celery.beat:Scheduler")


def forget_shell_variables() -> None:
    """Remove the variables of a developer's shell that Celery and honcho read on their own.

    This module must not import the library's settings or environment: it is called before the
    tests set theirs.
    """
    for name in (
        "CELERY_BROKER_URL",
        "CELERY_BROKER_READ_URL",
        "CELERY_BROKER_WRITE_URL",
        "CELERY_RESULT_BACKEND",
        "HONCHO_PROCESS_NAME",
        "DEV_STOP_SECONDS",
    ):
        os.environ.pop(name, None)


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free at the moment.

    It is below the range for outgoing connections: one of those could take the port before the
    server starts.
    """
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


Value = TypeVar("Value")


def eventually(condition: Callable[[], Value], what: str = "") -> Value:
    """Return what `condition()` returns as soon as it is truthy.

    Raises AssertionError if it never is; the message names `what`.
    """
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"Timed out{what and f' before {what}'}."
        time.sleep(0.02)
    return value


class RedisServer:
    """A server that speaks the Redis protocol on 127.0.0.1; its port is appended to `command`."""

    def __init__(self, command: Sequence[str | Path], port: int, folder: Path) -> None:
        """Prepare a server that keeps its files in `folder`; `start()` starts it."""
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = redis.Redis(port=port, socket_timeout=DEADLINE)
        self._command = [*map(str, command), str(port)]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, program: str | Path, port: int, folder: Path) -> Self:
        """Prepare a server of the Redis or Valkey `program` that keeps nothing on disk."""
        return cls([program, "--bind", "127.0.0.1", "--save", "", "--port"], port, folder)

    def start(self) -> None:
        """Start the server and return once it answers. Raises AssertionError if it does not."""
        port = int(self._command[-1])
        with socket.socket() as probe:
            # What answered would be another server, and the tests would empty it.
            assert probe.connect_ex(("127.0.0.1", port)), f"Port {port} is already in use."
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                assert self._process.poll() is None, f"{self._command} exited."
                assert time.monotonic() < deadline, f"{self._command} does not answer."
                time.sleep(0.01)
            else:
                return

    def stop(self) -> None:
        """Kill the server, as a crash would; what it kept in memory is lost."""
        if self._process:
            self._process.kill()
            self._process.wait(DEADLINE)
            self._process = None
        self.client.close()


class Process:
    """A process in its own group, and all it has written so far."""

    def __init__(
        self, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start `command` in `folder` with exactly this environment."""
        self.process = subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._read_until = 0
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id; for a worker, its main process's."""
        return self.process.pid

    @property
    def output(self) -> str:
        """Everything that it and its child processes have written so far."""
        with self._changed:
            return "".join(self.lines)

    def wait_for(self, text: str) -> Self:
        """Return once a line that contains `text` has been written, now or earlier.

        Raises AssertionError, with the whole output, if the process ends first or takes too long.
        """

        def written() -> bool:
            return any(text in line for line in self.lines)

        with self._changed:
            self._changed.wait_for(lambda: written() or self._ended, DEADLINE)
            assert written(), f"{text!r} was not written:\n{self.output}"
        return self

    def next_line(self, pattern: str) -> re.Match[str]:
        """Return the match of the next line that matches `pattern`, after the last one returned.

        Raises AssertionError, with the whole output, if the process ends first or takes too long.
        """

        def found() -> re.Match[str] | None:
            for index in range(self._read_until, len(self.lines)):
                if match := re.search(pattern, self.lines[index]):
                    self._read_until = index + 1
                    return match
            return None

        with self._changed:
            deadline = time.monotonic() + DEADLINE
            while (match := found()) is None:
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    raise AssertionError(f"No line matches {pattern!r} in:\n{self.output}")
                self._changed.wait(left)
            return match

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to its group."""
        self.process.send_signal(number)

    def wait(self, patience: float = DEADLINE) -> int:
        """Return the exit code once the process has ended and all its output has been read.

        Raises subprocess.TimeoutExpired if it is still running after `patience` seconds.
        """
        code = self.process.wait(patience)
        self._reader.join(DEADLINE)
        return code

    def stop(self) -> None:
        """Terminate the process; if that takes too long, kill its whole process group."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join()

    def kill(self) -> None:
        """Kill the process and its group, at the end of a test.

        A worker that is asked to stop takes more than a second.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Worker(Process):
    """A Celery worker."""

    def __init__(
        self, app: str, options: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start `celery -A app worker` in `folder`; `environment` is added to our own."""
        super().__init__(
            [sys.executable, "-m", "celery", "-A", app, "worker", *options],
            folder=folder,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )


def leads_group(pid: int) -> bool:
    """Tell whether process `pid` leads a process group, as a generation does."""
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def children(pid: int) -> list[int]:
    """Return the ids of the direct children of `pid`."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return []
    found = []
    for task in tasks:
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below `pid`."""
    return [one for child in children(pid) for one in [child, *descendants(child)]]


def is_alive(pid: int) -> bool:
    """Tell whether process `pid` exists and is not a zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
