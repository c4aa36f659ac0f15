"""All scenarios in large projects, in the order of a full run."""

import functools
import statistics
import time

from benchmarks import processes
from benchmarks.figures import Result, megabytes, seconds
from benchmarks.large.plan import LargePlan
from benchmarks.large.runners import RUNNERS
from benchmarks.plan import Scenario, sample
from benchmarks.runners import Runner
from benchmarks.started import Started

SIZES = (20, 100, 300)

_ALL = tuple(runner.name for runner in RUNNERS)


def saves(size: int, plan: LargePlan, runner: Runner, *, models: bool) -> Result:
    """Save again and again the module of tasks or of views, or one of models that ten import."""
    with plan.started(runner, size, models=models) as started:
        memory = sum(map(processes.memory, started.processes()))
        samples = sample(
            started, 1 + plan.counts.of(runner, ours=12, others=3), lambda: _save(started)
        )
        later = sum(map(processes.memory, started.processes()))
    first, *rest = samples.seconds or [0.0]
    cells = {
        "first (s)": seconds(first),
        "then, median (s)": seconds(statistics.median(rest)) if rest else "never",
        "max (s)": seconds(max(rest)) if rest else "never",
        "saves": str(len(rest)),
        "never": str(samples.never),
        "start (s)": seconds(started.start_seconds),
        "memory (MB)": f"{megabytes(memory)}, then {megabytes(later)}",
    }
    return Result(cells, rest)


def _save(started: Started) -> float | None:
    since = time.monotonic()
    return started.until_live(started.project.save(), since)


SCENARIOS = (
    *(
        Scenario[LargePlan](
            f"leaf-{size}",
            f"{size} apps: a module of tasks or views",
            "The worker's module of tasks, or the server's of views, is saved. Ours is given the "
            "time to make its snapshot before each save. Memory is that of all processes, before "
            "and after the saves.",
            functools.partial(saves, size, models=False),
            _ALL,
        )
        for size in SIZES
    ),
    *(
        Scenario[LargePlan](
            f"models-{size}",
            f"{size} apps: a module of models that ten others import",
            "The same with the models of the first app, which no snapshot can leave out.",
            functools.partial(saves, size, models=True),
            _ALL,
        )
        for size in SIZES
    ),
)
