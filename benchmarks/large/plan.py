"""What a run in large projects measures with: projects of several sizes, workers and servers."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workshift.testing.processes import RedisServer

from benchmarks.large.project import SITE, TASKS, VIEWS, of_models, write_template
from benchmarks.large.runners import WORKER_RUNNERS
from benchmarks.plan import Counts
from benchmarks.project import Project
from benchmarks.runners import Runner
from benchmarks.running import Running
from benchmarks.started import Started
from benchmarks.traffic import wait_until
from benchmarks.web.plan import Serving

# Seconds that a snapshot of the largest project may take.
_SNAPSHOT = 60.0

# What our commands say of a generation that has booted from the beginning, and then of the snapshot.
_FORKED = ("was forked from the zygote", "was forked from the set-up snapshot")
_READY = ("Snapshot ready", "No snapshot can be made")


class _WaitsForSnapshot(Started):
    """A command of ours, which is calm once it has its snapshot."""

    def start(self) -> None:
        super().start()
        self._wait_for_snapshot()

    def pause(self) -> None:
        super().pause()
        self._wait_for_snapshot()

    def _wait_for_snapshot(self) -> None:
        if self.runner.ours:
            wait_until(self._has_snapshot, _SNAPSHOT)

    def _has_snapshot(self) -> bool:
        for line in reversed(self.log().splitlines()):
            if any(map(line.count, (*_READY, *_FORKED))):
                return any(map(line.count, _READY))
        return False


class LargeRunning(_WaitsForSnapshot, Running):
    """A worker in a large project."""


class LargeServing(_WaitsForSnapshot, Serving):
    """A server of a large project."""


@dataclass
class LargePlan:
    """The Redis, the folder for the projects and the counts that all scenarios share."""

    redis: RedisServer
    folder: Path
    counts: Counts

    def __post_init__(self) -> None:
        """Prepare names for the projects."""
        self._numbers = itertools.count()

    def started(self, runner: Runner, size: int, *, models: bool = False) -> Started:
        """Return `runner` on a project of `size` apps; with `models`, a module of those is saved."""
        template = self.folder / f"template-{size}"
        if not template.exists():
            write_template(template, size, self.redis.url)
        is_worker = runner in WORKER_RUNNERS
        code = TASKS if is_worker else VIEWS

        def make() -> Project:
            folder = self.folder / f"{runner.name}-{size}-{next(self._numbers)}"
            make_project: Callable[[Path, Path, str], Project] = of_models if models else Project
            project = make_project(template, folder, code)
            with (folder / SITE / "settings.py").open("a") as settings:
                settings.write(runner.settings)
            return project

        if is_worker:
            return LargeRunning(runner, self.redis, make)
        return LargeServing(runner, make)
