"""Real processes for tests: a Redis server, and a Celery worker whose output can be awaited."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import redis

ROOT = Path(__file__).resolve().parent.parent

# Seconds after which something that should have happened will not happen any more. Far more than
# it takes, so that a busy machine makes the tests slow, and not red.
DEADLINE = 60


def free_port() -> int:
    """A port of 127.0.0.1 that nobody holds at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RedisServer:
    """A server that speaks Redis' protocol on 127.0.0.1; `command` ends with its port."""

    def __init__(self, command: Sequence[str | Path], port: int, folder: Path) -> None:
        """Prepare a server that keeps its files in `folder`; `start()` starts it."""
        self.url = f"redis://127.0.0.1:{port}/0"
        self.client = redis.Redis(port=port, socket_timeout=DEADLINE)
        self._command = [*map(str, command), str(port)]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

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


class Worker:
    """A Celery worker in a process group of its own, and all it has written so far."""

    def __init__(self, options: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `celery worker` with these options, in this environment besides our own."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "django_celery", "worker", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
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
        """The process id of the worker's main process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """Everything that the worker and its tasks have written so far."""
        with self._changed:
            return self._output

    def wait_for(self, text: str) -> Self:
        """Return when the worker has written `text`.

        Raises AssertionError, with the whole output, if the worker ends before or takes too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: text in self._output or self._ended, DEADLINE)
            assert text in self._output, f"The worker did not write {text!r}:\n{self._output}"
        return self

    def stop(self) -> None:
        """End the worker: politely, and if it takes too long with its whole process group."""
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
