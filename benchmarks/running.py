"""A worker at work on one project."""

import time
from collections.abc import Callable, Mapping

from workshift.testing.processes import RedisServer

from benchmarks import processes
from benchmarks.project import Project
from benchmarks.runners import Runner
from benchmarks.started import PATIENCE, DoesNotStartError, Started
from benchmarks.traffic import Traffic

# Seconds to wait for the tasks that have piled up during a reload.
_BACKLOG = 10.0


class Running(Started):
    """A worker, its project and its tasks."""

    def __init__(
        self, runner: Runner, redis: RedisServer, make_project: Callable[[], Project]
    ) -> None:
        """Run `runner` on what `make_project` returns, with a broker that holds nothing else."""
        super().__init__(runner, make_project)
        self._redis = redis

    def prepare(self) -> Mapping[str, str]:
        """Empty the broker, and begin to collect what tasks note."""
        self._redis.client.flushall()
        self.traffic = Traffic(self._redis.url)
        return {"PROBE_REDIS": self.traffic.notes_url}

    def answers(self) -> bool:
        """Send a task, and wait a moment for its note."""
        self.traffic.send_note()
        return self.traffic.first_of(self.project.version, 0.05) is not None

    def end(self) -> None:
        """End every process that was started, and stop collecting what tasks note."""
        super().end()
        self.traffic.close()

    def until_live(self, version: int, since: float) -> float | None:
        """Send a task every 10 ms until one has run on `version`.

        Returns the seconds from `since` (monotonic clock) to that task's result, or None if the
        worker hangs.
        """
        with self.traffic.flowing():
            note = self.traffic.first_of(version, PATIENCE)
        return time.monotonic() - since if note else None

    def pause(self) -> None:
        """Let the backlog drain and the worker become calm, as between two saves."""
        self.traffic.drain(_BACKLOG)
        super().pause()

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
