"""Scenarios in which a file is saved and the new code is waited for."""

import time
from collections.abc import Callable

from benchmarks import processes
from benchmarks.fates import Fates
from benchmarks.figures import Result, Samples, megabytes, seconds
from benchmarks.plan import Plan, sample
from benchmarks.runners import Runner
from benchmarks.running import Running

FOREIGN_FOLDERS = 20_000

# Seconds that the task takes which runs while a file is saved.
LONG = 10.0

# Seconds between a syntax error and the save that mends it.
_THINKING = 3.0

# Seconds after a burst in which a further reload would still belong to it.
_AFTERMATH = 4.0


def save(plan: Plan, runner: Runner) -> Result:
    """Save a file again and again."""
    with plan.running(runner) as running:
        return _saves(running, plan.counts.of(runner))


def heavy(plan: Plan, runner: Runner) -> Result:
    """The same where the tasks import pandas and boto3."""
    with plan.running(runner, heavy=True) as running:
        return _saves(running, plan.counts.of(runner, others=2))


def node_modules(plan: Plan, runner: Runner) -> Result:
    """The same in a checkout with 20,000 folders that are not the project's."""
    with plan.running(runner, foreign_folders=FOREIGN_FOLDERS) as running:
        reloader = running.reloader()
        cells = {
            "watches": str(sum(map(processes.inotify_watches, reloader))),
            "reloader (MB)": megabytes(sum(map(processes.memory, reloader))),
        }
        result = _saves(running, plan.counts.of(runner, others=3))
        result.cells |= cells
        return result


def busy(plan: Plan, runner: Runner) -> Result:
    """Save while a task of 10 seconds runs, and account for that task."""
    fates = Fates()
    with plan.running(runner) as running:

        def save_during_work() -> float | None:
            work = running.traffic.send_work(LONG)
            fates.wait_until_begun(running.traffic, work)
            taken = _save(running)
            if taken is None:
                # Before the worker is started anew, and the queue emptied.
                fates.settle(running.traffic, LONG)
            return taken

        samples = sample(running, plan.counts.of(runner, others=2), save_during_work)
        fates.settle(running.traffic, LONG)
    return Result(samples.cells() | {"the 10 s tasks": str(fates)}, samples.seconds)


def mend(plan: Plan, runner: Runner) -> Result:
    """Save a syntax error, wait as one who reads the traceback does, and mend it."""
    with plan.running(runner) as running:

        def break_and_mend() -> float | None:
            text = running.project.save_broken()
            time.sleep(_THINKING)
            return _after(running, lambda: running.project.mend(text))

        samples = sample(running, plan.counts.of(runner, ours=5, others=2), break_and_mend)
    return Result(samples.cells(), samples.seconds)


def burst(plan: Plan, runner: Runner) -> Result:
    """Write 200 modules that the tasks import within a second, and count the reloads."""
    reloads: list[int] = []
    with plan.running(runner, parts=True) as running:

        def write_all() -> float | None:
            before = len(running.boots())
            version = running.project.burst()
            taken = running.until_live(version, time.monotonic())
            if taken is not None:
                time.sleep(_AFTERMATH)
            reloads.append(len(running.boots()) - before)
            return taken

        samples = sample(running, plan.counts.of(runner, ours=5, others=2), write_all)
    counts = ", ".join(map(str, reloads))
    return Result(samples.cells() | {"reloads": counts}, samples.seconds)


def _saves(running: Running, count: int) -> Result:
    start = {"start (s)": seconds(running.start_seconds)}
    samples: Samples = sample(running, count, lambda: _save(running))
    return Result(samples.cells() | start, samples.seconds)


def _save(running: Running) -> float | None:
    return _after(running, running.project.save)


def _after(running: Running, change: Callable[[], int]) -> float | None:
    """Make a change and return the seconds from then to the first result of its version."""
    since = time.monotonic()
    return running.until_live(change(), since)
