"""The suite about large projects."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.large.plan import LargePlan
from benchmarks.large.runners import RUNNERS
from benchmarks.large.scenarios import SCENARIOS
from benchmarks.machine import redis_in
from benchmarks.plan import Counts
from benchmarks.suite import Suite

_INTRODUCTION = """\
# Measurements in large projects

How long after a save new code runs in projects of 20, 100 and 300 apps, with this project's \
`runworker` and `runserver`, with both if they can make no \
[snapshot](how-the-reload-works.md#snapshots), and with alternatives, side by side in one run. \
`benchmarks/large/apps.py` writes the apps: each has three models, their admin, three tasks, \
forms, views and URLs, about 600 lines in all, and imports others. Small projects have \
[a](measurements.md) [page](measurements-web.md) of their own.

To measure on your own machine (Linux, with redis-server or valkey-server installed):

```console
./scripts/bench large            # everything, about 15 minutes; leave the machine alone meanwhile
./scripts/bench large --quick    # a smoke run of about a minute, which changes no file here
./scripts/bench large --help     # single scenarios, single runners, more saves
```

The figures behind this page are in `measurements-large.json`.
"""


@contextmanager
def _shared(folder: Path, counts: Counts) -> Iterator[tuple[LargePlan, dict[str, str]]]:
    """Run a Redis, for the length of a `with` block."""
    with redis_in(folder) as (redis, version):
        yield LargePlan(redis, folder, counts), version


LARGE = Suite(
    command="./scripts/bench large",
    page="measurements-large",
    introduction=_INTRODUCTION,
    advantage="",
    runners=RUNNERS,
    scenarios=SCENARIOS,
    packages=("django", "celery", "kombu", "redis", "watchdog", "watchfiles"),
    quick_runners=("runworker", "runserver", "runserver-without"),
    quick_scenarios=("leaf-20",),
    shared=_shared,
)
