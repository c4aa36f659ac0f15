"""Scenarios without a save: a worker that has nothing to do, and one that is stopped."""

import time

from benchmarks import processes
from benchmarks.fates import fate_if_not_run
from benchmarks.figures import Result, megabytes, seconds
from benchmarks.plan import Plan
from benchmarks.runners import Runner
from benchmarks.traffic import wait_until

# Seconds after which a stop counts as hanging.
_STOP = 45.0

# Seconds that the task takes which runs when the worker is stopped.
_WORK = 60.0


def idle(plan: Plan, runner: Runner) -> Result:
    """Do nothing, and measure what the reloader costs meanwhile."""
    with plan.running(runner) as running:
        reloader, worker = running.reloader(), running.worker()

        def used() -> float:
            mixed = processes.cpu_seconds(worker, runner.reloader_threads)
            return mixed + sum(map(processes.cpu_seconds, reloader))

        before = used()
        time.sleep(plan.counts.idle_seconds)
        share = (used() - before) / plan.counts.idle_seconds
        everything = running.processes()
        return Result(
            {
                "CPU (% of a core)": f"{100 * share:.2f}",
                "reloader (MB)": megabytes(sum(map(processes.memory, reloader))),
                "with the worker (MB)": megabytes(sum(map(processes.memory, everything))),
                "watches": str(sum(map(processes.inotify_watches, everything))),
                "start (s)": seconds(running.start_seconds),
            }
        )


def stop(plan: Plan, runner: Runner) -> Result:
    """Press Ctrl-C while a task of 60 seconds runs, and look what is left."""
    with plan.running(runner) as running:
        work = running.traffic.send_work(_WORK)
        wait_until(lambda: work in dict(running.traffic.noted("began")), _STOP)
        since = time.monotonic()
        running.interrupt()
        gone = wait_until(running.is_gone, _STOP)
        taken = time.monotonic() - since
        left = len(running.processes())
        return Result(
            {
                "all gone after (s)": seconds(taken) if gone else f"never (in {_STOP:.0f} s)",
                "processes left": str(left),
                "the 60 s task": fate_if_not_run(running.traffic, work),
            },
            [taken] if gone else [],
        )
