"""The suite about the whole stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import redis_in
from benchmarks.plan import Counts
from benchmarks.project import Template
from benchmarks.stack.plan import DEV, StackPlan
from benchmarks.stack.scenarios import SCENARIOS
from benchmarks.suite import Suite

_INTRODUCTION = """\
# Measurements of the whole stack

How long after a save new code runs in the worker and in the page, when both reload at the same \
moment, as they do in development: web server, worker with its beat, and a browser that shows the \
page, all on the cores of one machine. [The worker](measurements.md) and [the web \
process](measurements-web.md) are compared with alternatives on pages of their own.

To measure on your own machine (Linux, with Chromium or Chrome, and redis-server or \
valkey-server):

```console
./scripts/bench stack            # everything, about 4 minutes; leave the machine alone meanwhile
./scripts/bench stack --quick    # a smoke run of about a minute, which changes no file here
./scripts/bench stack --help     # single scenarios, more saves
```

The figures behind this page are in `measurements-stack.json`.
"""


@contextmanager
def _shared(folder: Path, counts: Counts) -> Iterator[tuple[StackPlan, dict[str, str]]]:
    """Run a Redis and set up a project, for the length of a `with` block."""
    with redis_in(folder) as (redis, version):
        yield StackPlan(redis, Template(folder / "template", redis.url), counts), version


STACK = Suite(
    command="./scripts/bench stack",
    page="measurements-stack",
    introduction=_INTRODUCTION,
    advantage="",
    runners=(DEV,),
    scenarios=SCENARIOS,
    packages=("django", "celery", "kombu", "redis", "watchdog", "playwright"),
    quick_runners=(DEV.name,),
    quick_scenarios=("alone",),
    shared=_shared,
)
