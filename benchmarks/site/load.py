"""The suite about load: how much the site holds, what holds it, and what a message costs."""

import math
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.site import usage
from benchmarks.site.accounts import SOON, Account, quantile
from benchmarks.site.machines import OneMachine
from benchmarks.site.page import Findings, Page, Rows, Section
from benchmarks.site.site import Site

# Seconds in which caches fill and connections open, before anything counts.
_LEAD = 3.0

_PER_CENT = 80

_CREATE = """
from feedback.models import Feedback
for number in range({count}):
    Feedback.objects.create(email="visitor@example.org", message="There is more. " * 15, language="en")
"""


@dataclass
class Load:
    """How long to measure, and what is known from earlier sections."""

    folder: Path
    known: Mapping[str, Findings]
    quick: bool
    sites: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Decide how long."""
        # Between the steps of the search; the maximum is known to half of it.
        self.step = 2.0 if self.quick else 1.25
        self.seconds = 3.0 if self.quick else 12.0  # at each rate
        self.rates = (50.0,) if self.quick else (25.0, 50.0, 75.0)  # far below the maximum
        self.minutes = 0.1 if self.quick else 5.0  # of endurance
        self.backlog = 200 if self.quick else 3_000  # how many messages a worker works off
        self.rows = (1_000,) if self.quick else (1_000, 100_000, 1_000_000)

    @contextmanager
    def site(self, *, workers: int = 1, processes: int = 2) -> Iterator[Site]:
        """Run a site of its own, without what `start` starts if there are no `workers`."""
        self.sites += 1
        (folder := self.folder / str(self.sites)).mkdir()
        with Site(folder, OneMachine(), processes=processes) as site:
            if workers:
                site.start(workers)
            yield site

    @property
    def maximum(self) -> float:
        """The highest rate that held, as the section about it found it."""
        if "maximum" not in self.known:
            raise SystemExit("How much the site holds is not known yet: add --only maximum.")
        return max(float(row.removesuffix("/s")) for row in _held(self.known["maximum"].rows))


def maximum(load: Load) -> Findings:
    """Raise the rate until the site no longer holds it, then look between the last two."""
    rows: Rows = {}
    with load.site() as site:

        def holds(rate: float) -> bool:
            account = _visit(site, rate, load.seconds)
            held = not account.errors and all(
                values and quantile(values, percent) < SOON
                for values, percent in ((account.request(), 99), (account.delivery(), 95))
            )
            rows[f"{rate:.0f}/s"] = {"holds": "yes" if held else "no", **account.cells()}
            return held

        low, high = 0.0, math.inf
        rate = 50.0
        while high == math.inf or high / low > math.sqrt(load.step):
            if holds(rate):
                low = rate
            else:
                high = rate
            if not low:
                raise SystemExit(f"The site does not even hold {rate:.0f} messages a second.")
            rate = low * load.step if high == math.inf else math.sqrt(low * high)
    return Findings(rows, f"The maximum is {max(map(_rate, _held(rows))):.0f} messages a second.")


def rates(load: Load) -> Findings:
    """Measure at the rates asked for and at the maximum."""
    rows: Rows = {}
    with load.site() as site:
        for rate in sorted({50.0, 200.0, load.maximum}):
            rows[f"{rate:.0f}/s"] = _visit(site, rate, load.seconds).cells()
    return Findings(rows)


def costs(load: Load) -> Findings:
    """Count the processor time of a message in each part."""
    rows: Rows = {}
    with load.site() as site:
        for rate in load.rates:
            with site.visitors(rate):
                time.sleep(_LEAD)
                since, before = time.time(), usage.cpu_seconds(site)
                time.sleep(load.seconds)
                until, after = time.time(), usage.cpu_seconds(site)
            mails = sum(when < until for when in site.accounts.times_of_mails(since))
            rows[f"{rate:.0f}/s"] = _milliseconds(before, after, mails)
            site.settle()
    return Findings(rows)


def endurance(load: Load) -> Findings:
    """Run for minutes at most of the maximum, and watch memory."""
    rate = load.maximum * _PER_CENT / 100
    points: dict[str, list[tuple[float, float]]] = {}
    with load.site() as site:
        began = time.time()
        with site.visitors(rate):
            while (passed := (time.time() - began) / 60) < load.minutes:
                for name, size in usage.memories(site).items():
                    points.setdefault(name, []).append((passed, size / 1e6))
                # Sixty times in all.
                time.sleep(load.minutes)
        site.settle()
        account = Account(site.accounts.all())
    rows = {}
    for name, all_points in points.items():
        # The first quarter is for caches that fill.
        later = [point for point in all_points if point[0] > load.minutes / 4]
        rows[name] = {
            "at first (MB)": f"{all_points[0][1]:.1f}",
            "in the end (MB)": f"{all_points[-1][1]:.1f}",
            "slope (MB a minute)": f"{usage.slope(later):.2f}",
        }
    cells = ", ".join(f"{name} {value}" for name, value in account.cells().items())
    return Findings(rows, f"{len(account.submissions)} messages at {rate:.0f} a second: {cells}.")


def processes(load: Load) -> Findings:
    """Work off a backlog with ever more processes in one worker."""
    return Findings({str(n): _work_off(load, processes=n, workers=1) for n in (1, 2, 4)})


def workers(load: Load) -> Findings:
    """Work off a backlog with ever more workers."""
    return Findings({str(n): _work_off(load, processes=2, workers=n) for n in (1, 2, 4)})


def old_rows(load: Load) -> Findings:
    """Work off a backlog, then take visitors, beside ever more messages that were sent long ago."""
    rows = {}
    for count in load.rows:
        cells = _work_off(load, processes=2, workers=1, rows=count)
        with load.site() as site:
            site.database.fill(count)
            account = _visit(site, 50, load.seconds)
        rows[f"{count:,}"] = {**cells, **account.cells()}
    return Findings(rows)


def _visit(site: Site, rate: float, seconds: float) -> Account:
    """Let visitors come, wait until all have their e-mail, and return what became of them."""
    with site.visitors(rate):
        time.sleep(_LEAD)
        since = time.time()
        time.sleep(seconds)
    site.settle()
    return Account(site.accounts.all(since))


def _work_off(load: Load, *, processes: int, workers: int, rows: int = 0) -> dict[str, str]:
    """Stop the workers while messages pile up, let them go, and return how fast they were."""
    with load.site(workers=0, processes=processes) as site:
        site.database.fill(rows)
        for number in range(workers):
            site.workers.append(site.start_worker(f"worker{number + 1}"))
        for worker in site.workers:
            worker.wait_for(" ready.")
        # A few before, so that every process has its connections.
        site.manage("shell", "--no-imports", "--command", _CREATE.format(count=50 * workers))
        site.settle()
        for worker in site.workers:
            worker.tell_all(signal.SIGSTOP)
        site.manage("shell", "--no-imports", "--command", _CREATE.format(count=load.backlog))
        since, before = time.time(), usage.cpu_seconds(site)
        for worker in site.workers:
            worker.tell_all(signal.SIGCONT)
        site.settle()
        after, times = usage.cpu_seconds(site), site.accounts.times_of_mails(since)
    rate = len(times) / (max(times) - since)
    return {"e-mails/s": f"{rate:.0f}", **_milliseconds(before, after, len(times))}


def _milliseconds(
    before: Mapping[str, float], after: Mapping[str, float], messages: int
) -> dict[str, str]:
    each = {part: (after[part] - before[part]) * 1000 / messages for part in after}
    used = {part: f"{time:.2f}" for part, time in each.items()}
    return {f"{part} (ms)": time for part, time in used.items()} | {
        "all but bench's own (ms)": f"{sum(each.values()) - each["bench's own"]:.2f}"
    }


def _held(rows: Rows) -> list[str]:
    return [row for row, cells in rows.items() if cells["holds"] == "yes"]


def _rate(row: str) -> float:
    return float(row.removesuffix("/s"))


_INTRODUCTION = """\
# Measurements of the site under load

How many messages a second the site takes and delivers, as docs/production.md describes it: \
gunicorn with two processes, one worker with two, a beat, PostgreSQL and Redis. The visitors and \
the mail server are on the same machine and cost processor time, too: "bench's own". Visitors come \
at random moments and do not wait for each other. They submit the form, whose work takes no time \
(`FEEDBACK_DELAY_SECONDS=0`), so what is measured is the machinery. [The page about \
faults](measurements-faults.md) says what happens when something breaks meanwhile.

To measure on your own machine (Linux, with PostgreSQL and Redis installed):

```console
./scripts/bench load            # everything, about 15 minutes; leave the machine alone meanwhile
./scripts/bench load --quick    # a smoke run of less than a minute, which changes no file here
./scripts/bench load --help     # single sections
```

The figures behind this page are in `measurements-load.json`.
"""

LOAD = Page[Load](
    command="./scripts/bench load",
    about="Measures how many messages a second the site takes and delivers, and what they cost.",
    name="measurements-load",
    introduction=_INTRODUCTION,
    sections=(
        Section(
            "maximum",
            "As many as it holds",
            "The rate is raised by a quarter until the site no longer holds it, then a rate in "
            "between is tried. It holds a rate if no request fails, 99 of 100 are answered within "
            "a second, and 95 of 100 e-mails are there within a second after the visitor came.",
            maximum,
        ),
        Section(
            "rates",
            "At 50 and 200 a second, and at the maximum",
            "Requests are timed from the moment at which the visitor comes, so waiting for a free "
            "process counts; e-mails from the same moment until the mail server has them. What is "
            "left at the end is waited for. Nothing may be lost, whatever the rate.",
            rates,
        ),
        Section(
            "costs",
            "What a message costs",
            "Milliseconds of processor time for each message, from the form to the mark that it was "
            "sent.",
            costs,
        ),
        Section(
            "endurance",
            f"Five minutes at {_PER_CENT} % of the maximum",
            "Memory of each process: its own, and its share of what it shares. The slope is that of "
            "the last three quarters of the time. PostgreSQL grows "
            "until its buffers are full, Redis by the results that it keeps for a day.",
            endurance,
        ),
        Section(
            "processes",
            "With more processes in the worker",
            "The worker is stopped while messages pile up, and then works them off while no visitor "
            "comes; with the processor time of an e-mail.",
            processes,
        ),
        Section(
            "workers",
            "With more workers",
            "The same with workers of two processes each.",
            workers,
        ),
        Section(
            "rows",
            "With more rows",
            "The same beside messages that were sent long ago; then, at 50 messages a second, what "
            "visitors notice of them.",
            old_rows,
        ),
    ),
    quick=("maximum", "costs", "endurance"),
    plan=Load,
    packages=("django", "celery", "kombu", "redis", "psycopg", "gunicorn"),
)
