"""One runner at work on one project, from its start until everything it started is gone."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from workshift.testing.processes import RedisServer

from benchmarks import processes
from benchmarks.project import Project, environment
from benchmarks.runners import Runner
from benchmarks.traffic import Traffic

# Seconds after which a runner counts as hanging. More than any that does not hang has needed.
PATIENCE = 20.0

# Seconds that a worker gets to become calm after its start: our zygote imports what it has
# learned, others look at all files.
_CALM = 3.0

# Seconds to wait for the tasks that have piled up during a reload.
_BACKLOG = 10.0


class DoesNotStartError(Exception):
    """A runner has not answered; the message holds the end of what it wrote."""


class Running:
    """A runner, its project and its tasks. The context manager ends all of its processes."""

    def __init__(self, runner: Runner, redis: RedisServer, make_project: Callable[[], Project]):
        """Run `runner` on what `make_project` returns, with a broker that holds nothing else."""
        self.runner = runner
        self._redis = redis
        self._make_project = make_project
        self._pauses = 0

    def __enter__(self) -> Self:
        """Start the worker. Raises DoesNotStartError if it does not answer."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process that was started, however it hangs."""
        self.end()

    def start(self) -> None:
        """Start the worker on a new project and wait until it is calm.

        Raises DoesNotStartError if it does not answer.
        """
        self._redis.client.flushall()
        self.project = self._make_project()
        self.traffic = Traffic(self._redis.url)
        self._boots = self.project.folder.with_suffix(".boots")
        self._log = self.project.folder.with_suffix(".log")
        self._mark = f"PROBE_RUN={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.runner.command,
                cwd=self.project.folder,
                env=environment(
                    {
                        name: value,
                        "PROBE_REDIS": self.traffic.notes_url,
                        "PROBE_BOOTS": str(self._boots),
                    }
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.start_seconds = self._first_answer(self.project.version, began)
            time.sleep(_CALM)
        except BaseException:
            # Ctrl-C as well: `with` ends only what has entered its block.
            self.end()
            raise

    def end(self) -> None:
        """End every process that was started, and stop collecting what tasks note."""
        processes.kill_all(self._mark)
        self._process.wait()
        self.traffic.close()

    def restart(self) -> None:
        """Begin anew, after the worker has hung."""
        self.end()
        self.start()

    def interrupt(self) -> None:
        """Press Ctrl-C: SIGINT to the process group that a terminal would send it to."""
        os.killpg(self._process.pid, signal.SIGINT)

    def until_live(self, version: int, since: float) -> float | None:
        """Send a task every 10 ms until one has run on `version`.

        Returns the seconds from `since` (monotonic clock) to that task's result, or None if the
        runner hangs.
        """
        with self.traffic.flowing():
            note = self.traffic.first_of(version, PATIENCE)
        return time.monotonic() - since if note else None

    def pause(self) -> None:
        """Let the backlog drain and the worker become calm, as between two saves."""
        self.traffic.drain(_BACKLOG)
        # Of different length, so that those which look at the files once a second are not always
        # met at the same moment.
        self._pauses += 1
        time.sleep(1 + self._pauses * 0.37 % 1)

    def processes(self) -> list[int]:
        """Return the ids of all processes that were started and are alive."""
        return [pid for pid in processes.marked(self._mark) if processes.is_alive(pid)]

    def is_gone(self) -> bool:
        """Tell whether no process is left of what was started."""
        self._process.poll()
        return not self.processes()

    def boots(self) -> list[tuple[int, int]]:
        """Return process id and version of each worker that has loaded the tasks, in order."""
        lines = [line.split() for line in self._boots.read_text().splitlines()]
        return [(int(pid), int(version)) for pid, version in lines]

    def worker(self) -> int:
        """Return the process id of the worker's main process.

        Raises DoesNotStartError if there is none.
        """
        alive = self.processes()
        for pid, _ in reversed(self.boots()):
            if pid in alive:
                return pid
        raise DoesNotStartError(f"The worker of {self.runner.title} has ended by itself.")

    def reloader(self) -> set[int]:
        """Return the ids of the processes that are not the worker and its pool."""
        alive = self.processes()
        return set(alive) - processes.with_descendants(self.worker(), alive)

    def _first_answer(self, version: int, began: float) -> float:
        while time.monotonic() < began + 2 * PATIENCE and self._process.poll() is None:
            self.traffic.send_note()
            if self.traffic.first_of(version, 0.05):
                return time.monotonic() - began
        said = "\n".join(Path(self._log).read_text(errors="replace").splitlines()[-20:])
        raise DoesNotStartError(f"{self.runner.title} does not answer:\n{said}")
