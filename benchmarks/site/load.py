"""Measures how much the site holds, what holds it, and what a message costs."""

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
from benchmarks.site.page import Findings, Rows
from benchmarks.site.site import Site

# Seconds in which caches fill and connections open, before anything counts.
_LEAD = 3.0

# How much of the maximum the site has to bear for minutes.
PER_CENT = 80

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
        while high == math.inf or not low or high / low > math.sqrt(load.step):
            if holds(rate):
                low = rate
            else:
                high = rate
            if high == math.inf:
                rate = low * load.step
            else:
                rate = math.sqrt(low * high) if low else high / 2
            if rate < 1:
                raise SystemExit("The site does not even hold one message a second.")
    return Findings(rows, f"The maximum is {max(map(_rate, _held(rows))):.0f} messages a second.")


def rates(load: Load) -> Findings:
    """Measure at the rates asked for and at the maximum."""
    rows: Rows = {}
    with load.site() as site:
        for rate in sorted({50.0, 200.0, *([load.maximum] if "maximum" in load.known else [])}):
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
    rate = load.maximum * PER_CENT / 100
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
            size = site.database.bytes_a_row()
        rows[f"{count:,}"] = {**cells, **account.cells(), "bytes a row": f"{size:.0f}"}
    return Findings(rows)


def beyond(load: Load) -> Findings:
    """Multiply what a message costs by ever more messages."""
    if "costs" not in load.known:
        raise SystemExit("What a message costs is not known yet: add --only costs.")
    *_, cells = load.known["costs"].rows.values()
    parts = [part for part in cells if part.endswith(" (ms)") and "bench" not in part]
    rows: Rows = {}
    for times in (1, 10, 100, 1000):
        rate = load.maximum * times
        cores = {part.removesuffix(" (ms)"): float(cells[part]) * rate / 1000 for part in parts}
        rows[f"{rate:,.0f}/s"] = {
            "millions a day": f"{rate * 86_400 / 1e6:,.0f}",
            **{part: f"{count:,.1f}" for part, count in cores.items()},
            "all": f"{sum(cores.values()):,.1f}",
        }
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
