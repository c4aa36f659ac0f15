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


def leaf(size: int, plan: LargePlan, runner: Runner) -> Result:
    """Save the module of tasks, or of views, again and again."""
    return _saves(plan, runner, size, models=False, others=3)


def models(size: int, plan: LargePlan, runner: Runner) -> Result:
    """Save a module of models that ten others import."""
    return _saves(plan, runner, size, models=True, others=3)


def _saves(plan: LargePlan, runner: Runner, size: int, *, models: bool, others: int) -> Result:
    with plan.started(runner, size, models=models) as started:
        memory = sum(map(processes.memory, started.processes()))
        samples = sample(
            started, 1 + plan.counts.of(runner, ours=12, others=others), lambda: _save(started)
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
            functools.partial(leaf, size),
            _ALL,
        )
        for size in SIZES
    ),
    *(
        Scenario[LargePlan](
            f"models-{size}",
            f"{size} apps: a module of models that ten others import",
            "The same with the models of the first app, which no snapshot can leave out.",
            functools.partial(models, size),
            _ALL,
        )
        for size in SIZES
    ),
)
