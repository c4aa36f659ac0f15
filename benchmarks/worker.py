"""The suite about the worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import redis_in
from benchmarks.plan import Counts, Plan
from benchmarks.project import Template
from benchmarks.runners import RUNNERS
from benchmarks.scenarios import SCENARIOS
from benchmarks.suite import Suite

_INTRODUCTION = """\
# Measurements

How long after a save a task runs on the new code, with this project's `runworker` and with the \
alternatives, side by side in one run. Every worker is Celery's prefork pool with 2 processes, on \
the same project with the same settings and a Redis of its own; one is measured at a time, and \
each scenario goes through all of them before the next begins.

![Seconds from a save to the first result of the new code](measurements.svg)

To measure on your own machine (Linux, with redis-server or valkey-server installed):

```console
./scripts/bench            # everything, about 22 minutes; leave the machine alone meanwhile
./scripts/bench --quick    # a smoke run of about a minute, which changes no file here
./scripts/bench --help     # single scenarios, single runners, more saves
```

The figures behind this page are in `measurements.json`.
"""


@contextmanager
def _shared(folder: Path, counts: Counts) -> Iterator[tuple[Plan, dict[str, str]]]:
    """Run a Redis and set up a project, for the length of a `with` block."""
    with redis_in(folder) as (redis, version):
        yield Plan(redis, Template(folder / "template", redis.url), counts), version


WORKER = Suite(
    command="./scripts/bench",
    page="measurements",
    introduction=_INTRODUCTION,
    advantage="After a save, new code runs in {ours} s; with the fastest of the others in {best} "
    "s, which is {times} times as long (medians).",
    runners=RUNNERS,
    scenarios=SCENARIOS,
    packages=(
        *("django", "celery", "kombu", "redis", "watchdog", "watchfiles", "hupper"),
        *("pandas", "boto3"),
    ),
    quick_runners=("runworker", "hupper"),
    quick_scenarios=("save", "mend", "load"),
    shared=_shared,
)
