"""All scenarios of the stack, in the order of a full run."""

import contextlib
import functools
import statistics
import time

from benchmarks import processes
from benchmarks.figures import Result, megabytes, p95, seconds
from benchmarks.plan import Scenario
from benchmarks.runners import Runner
from benchmarks.stack.plan import DEV, Reload, Stack, StackPlan

# Saves after which the stack has its snapshots; both figures of a first save are of another kind.
_FIRST = 2


def saves(plan: StackPlan, runner: Runner, *, shown: bool, flow: bool) -> Result:
    """Save again and again the module that tasks and views import."""
    del runner
    with contextlib.ExitStack() as context:
        stack = context.enter_context(plan.stack())
        if shown:
            context.enter_context(stack.shown())
        if flow:
            context.enter_context(stack.traffic.flowing())
        stack.pause()
        reloads: list[Reload] = []
        never = 0
        before: list[int] = []
        for number in range(_FIRST + plan.counts.saves):
            if number == _FIRST:
                before = _use(stack)
            since = time.monotonic()
            found = stack.until_both_live(stack.project.save(), since)
            if found is None:
                never += 1
                break
            if number >= _FIRST:
                reloads.append(found)
            stack.pause()
        after = _use(stack)
    return Result(
        {
            **_cells("worker", [one.worker for one in reloads]),
            **_cells("page", [one.web for one in reloads]),
            **_cells("apart", [abs(one.worker - one.web) for one in reloads]),
            "saves": str(len(reloads)),
            "never": str(never),
            "processes, descriptors, MB": f"{_written(before)}, then {_written(after)}",
        },
        [one.worker for one in reloads],
    )


def _cells(what: str, values: list[float]) -> dict[str, str]:
    if not values:
        return {f"{what} (s)": "never"}
    text = f"{seconds(statistics.median(values))}, p95 {p95(values)}, max {seconds(max(values))}"
    return {f"{what} (s)": text}


def _use(stack: Stack) -> list[int]:
    """Return how many processes and descriptors there are, and how many bytes of memory."""
    started = stack.processes()
    return [
        len(started),
        sum(map(processes.descriptors, started)),
        sum(map(processes.memory, started)),
    ]


def _written(use: list[int]) -> str:
    if not use:
        return "?"
    count, descriptors, memory = use
    return f"{count}/{descriptors}/{megabytes(memory)}"


_ABOUT = (
    "The module `feedback/version.py` is saved, which tasks and views import. From the save until a "
    "task, and a page, come from the new code; `apart` is how long only one of the two did."
)

SCENARIOS = (
    Scenario[StackPlan](
        "shown",
        "The page is open in a browser",
        f"{_ABOUT} Chromium shows the first page, which reloads itself after each save, on the "
        "same cores.",
        functools.partial(saves, shown=True, flow=False),
        (DEV.name,),
    ),
    Scenario[StackPlan](
        "flow",
        "The page is open, and 100 tasks come in each second",
        "The same while tasks are sent all the time.",
        functools.partial(saves, shown=True, flow=True),
        (DEV.name,),
    ),
    Scenario[StackPlan](
        "alone",
        "No page is open",
        "The same without a browser.",
        functools.partial(saves, shown=False, flow=False),
        (DEV.name,),
    ),
)
