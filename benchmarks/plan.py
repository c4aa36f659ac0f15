"""What a run measures with: how often, and for whom."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from workshift.testing.processes import RedisServer

from benchmarks.figures import Result, Samples
from benchmarks.project import Project, Template
from benchmarks.runners import Runner
from benchmarks.running import Running
from benchmarks.started import Started

# After so many hangs in one scenario the answer is known.
_HANGS = 2


@dataclass(frozen=True)
class Counts:
    """How often and how long to measure."""

    saves: int  # for ours
    slow_saves: int  # for the others, which take seconds each
    idle_seconds: float  # over which processor time is measured

    def of(self, runner: Runner, *, ours: int | None = None, others: int | None = None) -> int:
        """Return how often to measure `runner`: what was asked for, at most `ours` or `others`."""
        asked, most = (self.saves, ours) if runner.ours else (self.slow_saves, others)
        return asked if most is None else min(asked, most)


@dataclass
class Plan:
    """The server, the project and the counts that all scenarios of the worker share."""

    redis: RedisServer
    template: Template
    counts: Counts

    def __post_init__(self) -> None:
        """Prepare names for the copies of the project."""
        self._numbers = itertools.count()

    def running(
        self, runner: Runner, *, heavy: bool = False, parts: bool = False, foreign_folders: int = 0
    ) -> Running:
        """Return `runner` on a project of its own; the arguments say what that project is like."""

        def make() -> Project:
            folder = self.template.folder.with_name(f"{runner.name}-{next(self._numbers)}")
            project = Project(self.template.folder, folder, heavy=heavy, parts=parts)
            project.add_foreign_folders(foreign_folders)
            return project

        return Running(runner, self.redis, make)


def sample(running: Started, count: int, measure: Callable[[], float | None]) -> Samples:
    """Call `measure` so many times, with a pause after each; after a hang, begin anew."""
    samples = Samples()
    for _ in range(count):
        taken = measure()
        if taken is None:
            samples.never += 1
            if samples.never == _HANGS:
                break
            running.restart()
        else:
            samples.seconds.append(taken)
            running.pause()
    return samples


@dataclass(frozen=True)
class Scenario[P]:
    """Something that happens in development to what is measured with a plan of type `P`."""

    name: str
    title: str
    about: str  # what is done and what is measured, in a sentence or two
    measure: Callable[[P, Runner], Result]
    runners: tuple[str, ...]  # their names
