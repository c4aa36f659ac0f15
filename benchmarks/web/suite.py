"""The suite about the web process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.plan import Counts
from benchmarks.suite import Suite
from benchmarks.web.plan import WebPlan
from benchmarks.web.runners import RUNNERS
from benchmarks.web.scenarios import SCENARIOS

_INTRODUCTION = """\
# Measurements of the web process

How long after a save a page comes from the new code, with this project's `runserver` and with \
the alternatives, side by side in one run. Every server runs what `startproject` makes, with one \
module of views; one is measured at a time, and each scenario goes through all of them before the \
next begins. The worker has [a page of its own](measurements.md).

![Seconds from a save to the new code](measurements.svg)

To measure on your own machine (Linux):

```console
./scripts/bench web            # everything; leave the machine alone meanwhile
./scripts/bench web --quick    # a smoke run of about a minute, which changes no file here
./scripts/bench web --help     # single scenarios, single runners, more saves
```

The figures behind this page are in `measurements-web.json`.
"""


@contextmanager
def _shared(folder: Path, counts: Counts) -> Iterator[tuple[WebPlan, dict[str, str]]]:
    """Set up a site, for the length of a `with` block."""
    yield WebPlan(folder / "template", counts), {}


WEB = Suite(
    command="./scripts/bench web",
    page="measurements-web",
    introduction=_INTRODUCTION,
    advantage="After a save, the page is new in {ours} s; with the fastest of the others in {best} "
    "s, which is {times} times as long (medians).",
    runners=RUNNERS,
    scenarios=SCENARIOS,
    packages=(
        *("django", "django-watchfiles", "django-extensions", "werkzeug", "gunicorn", "uvicorn"),
        *("granian", "superreload", "watchdog", "watchfiles", "pandas", "boto3"),
    ),
    quick_runners=("runserver", "uvicorn"),
    quick_scenarios=("save", "mend", "flow"),
    shared=_shared,
)
