"""Real processes for tests: a Redis server, and processes whose output can be awaited."""

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


Value = TypeVar("Value")


def eventually(condition: Callable[[], Value], what: str = "") -> Value:
    """Return what `condition()` returns as soon as that is true.

    Raises AssertionError if it does not become so; `what` says in its message what was awaited.
    """
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"It did not happen{what and f' that {what}'}."
        time.sleep(0.02)
    return value


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
        """The process id; of a worker, that of its main process."""
        return self.process.pid

    @property
    def output(self) -> str:
        """Everything that it and the processes it started have written so far."""
        with self._changed:
            return "".join(self.lines)

    def wait_for(self, text: str) -> Self:
        """Return when a line with `text` in it has been written, now or earlier.

        Raises AssertionError, with the whole output, if the process ends before or takes too long.
        """

        def written() -> bool:
            return any(text in line for line in self.lines)

        with self._changed:
            self._changed.wait_for(lambda: written() or self._ended, DEADLINE)
            assert written(), f"{text!r} was not written:\n{self.output}"
        return self

    def next_line(self, pattern: str) -> re.Match[str]:
        """Return the match of the next line that matches `pattern`: later than the last such line.

        Raises AssertionError, with the whole output, if the process ends before or takes too long.
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
        """Return the exit code when the process has ended, and all of its output been read.

        Raises subprocess.TimeoutExpired if it is still there after `patience` seconds.
        """
        code = self.process.wait(patience)
        self._reader.join(DEADLINE)
        return code

    def stop(self) -> None:
        """End the process: politely, and if it takes too long with its whole process group."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join()

    def kill(self) -> None:
        """Kill the process with its whole group: at the end of a test, where none of it matters.

        A worker that is asked takes more than a second to end.
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
        """Start `celery -A app worker` in `folder`, in this environment besides our own."""
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
    """Tell whether process `pid` is there and not a zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
