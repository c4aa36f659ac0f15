"""The suite about faults: what visitors notice of each, and whether anything is lost."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import seconds
from benchmarks.site.accounts import Account
from benchmarks.site.faults import PROCESSES, SERVERS, Fault, cuts
from benchmarks.site.machines import Machines, OneMachine, namespaces
from benchmarks.site.page import Findings, Page, Rows, Section
from benchmarks.site.site import Site

# Visitors a second: a third of what the site holds.
_RATE = 30.0


@dataclass
class Trial:
    """How long the faults last."""

    folder: Path
    known: Mapping[str, Findings]
    quick: bool

    def __post_init__(self) -> None:
        """Decide how long."""
        self.lease = 8 if self.quick else 30
        self.lasts = 4.0 if self.quick else 15.0  # what lasts at all
        self.still = 12.0 if self.quick else 60.0  # longer than the lease
        self.tail = 4.0 if self.quick else 6.0  # visitors after it
        self.mixed = 4 if self.quick else 20

    @contextmanager
    def site(self, machines: Machines, lease: int | None = None) -> Iterator[Site]:
        """Run a site with two workers and shorter waits."""
        further = {"LEASE": str(lease or self.lease), "GRACE": "5"}
        settings = "benchmarks.site.shorter"
        with Site(self.folder, machines, settings=settings, further=further) as site:
            site.start(workers=2)
            yield site

    def suffer(self, site: Site, *faults: Fault) -> dict[str, str]:
        """Let `faults` happen while visitors come; return what they noticed."""
        began = time.time()
        with site.visitors(_RATE):
            time.sleep(2)
            since = time.time()
            for fault in faults:
                print(f"    {fault.name} …", flush=True)
                still = "SIGSTOP" in fault.name
                fault.happen(site, self.still if still else self.lasts)
            lasted = time.time() - since
            time.sleep(self.tail)
            ended = site.start_again()
        left = site.settle(self.lease * 3 + 60)
        account = Account(site.accounts.all(began))
        print(f"    … {account.lost} lost, normal after {account.normal_again(since):.0f} s")
        return {
            "lasts (s)": seconds(lasted),
            "visitors": str(len(account.submissions)),
            "errors": _errors(account),
            "longest answer (s)": seconds(max(account.request(), default=0)),
            "latest e-mail (s)": seconds(max(account.delivery(), default=0)),
            "lost": str(account.lost),
            "unfinished": str(left),
            "twice": str(account.twice),
            "ended by themselves": str(ended),
            "normal after (s)": seconds(account.normal_again(since)),
        }


def processes(trial: Trial) -> Findings:
    """Let the site's own processes die, each for itself."""
    with trial.site(OneMachine()) as site:
        return _one_by_one(trial, site, PROCESSES)


def servers(trial: Trial) -> Findings:
    """Let the servers that the site uses go away, each for itself, and release."""
    with trial.site(OneMachine()) as site:
        return _one_by_one(trial, site, SERVERS)


def mixed(trial: Trial) -> Findings:
    """Let them happen in any order, one right after the other."""
    chance = random.Random(1)  # noqa: S311 - the same order in each run.
    every = [one for one in (*PROCESSES, *SERVERS) if "SIGSTOP" not in one.name]
    chosen = chance.choices(every, k=trial.mixed)
    with trial.site(OneMachine()) as site:
        return Findings({f"{len(chosen)} faults": trial.suffer(site, *chosen)})


def clocks(trial: Trial) -> Findings:
    """Run one worker whose clock is a minute ahead, then one whose clock is behind."""
    rows: Rows = {}
    for offset in ("+60", "-60"):
        # The real lease: what the difference does depends on it.
        (folder := trial.folder / offset).mkdir()
        here = Trial(folder, trial.known, trial.quick)
        with here.site(OneMachine(), lease=360) as site:
            other = {"CLOCK_AHEAD": offset}

            def happen(site: Site, lasts: float, other: Mapping[str, str] = other) -> None:
                site.workers.append(site.start_worker("worker3", other))
                site.workers[-1].wait_for(" ready.")
                time.sleep(lasts)

            name = f"a third worker with {offset} s"
            rows[name] = here.suffer(site, Fault(name, happen))
    return Findings(rows)


def unplugged(trial: Trial) -> Findings:
    """Give each part a machine of its own, and take the link of one down."""
    with namespaces() as spaces, trial.site(spaces) as site:
        return _one_by_one(trial, site, cuts(silently=False))


def silenced(trial: Trial) -> Findings:
    """Give each part a machine of its own, and drop the packets of one."""
    with namespaces() as spaces, trial.site(spaces) as site:
        return _one_by_one(trial, site, cuts(silently=True))


def _one_by_one(trial: Trial, site: Site, faults: Sequence[Fault]) -> Findings:
    rows = {fault.name: trial.suffer(site, fault) for fault in faults}
    reasons = [
        f"{fault.name}: {fault.twice}" for fault in faults if rows[fault.name]["twice"] != "0"
    ]
    return Findings(rows, f"Sent twice: {'; '.join(reasons)}." if reasons else "")


def _errors(account: Account) -> str:
    kinds = Counter(one.trouble for one in account.submissions if one.trouble)
    names = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"{kinds.total()}: {names}" if kinds else "0"


_INTRODUCTION = f"""\
# Measurements of faults

What visitors notice when something breaks, and whether anything that they were promised is lost. \
The site runs as for [the measurements under load](measurements-load.md), with two workers and \
{_RATE:.0f} visitors a second. A killed process is started again as systemd does. The waits after \
a worker's death, which are minutes in the settings, are shortened to a lease of \
30 seconds; grace and sweep are as they are, 5 seconds each.

To try it on your own machine (Linux, with PostgreSQL and Redis installed):

```console
./scripts/bench faults            # everything, about 15 minutes
./scripts/bench faults --quick    # a smoke run of a minute, which changes no file here
./scripts/bench faults --help     # single sections
```

The figures behind this page are in `measurements-faults.json`. **Lost** is a message whose author \
was told that it is on its way, and for which no e-mail came; **unfinished** are rows that still \
wait at the end. **Normal after** are the seconds from the beginning of the fault to the last \
error, the last answer that took more than a second and the last e-mail that came more than a \
second late.
"""

FAULTS_PAGE = Page[Trial](
    command="./scripts/bench faults",
    about="Breaks the running site in every way and accounts for each message.",
    name="measurements-faults",
    introduction=_INTRODUCTION,
    sections=(
        Section(
            "processes",
            "The site's own processes",
            "One fault after the other, with a rest between.",
            processes,
        ),
        Section("servers", "Its servers, and a release", "In the same way.", servers),
        Section("mixed", "Mixed", "Faults of all these kinds, at random and without rest.", mixed),
        Section(
            "clocks",
            "Clocks a minute apart",
            "A third worker, whose clock is wrong by a minute, joins; with the real lease.",
            clocks,
        ),
        Section(
            "unplugged",
            "On several machines, one with its link down",
            "Web, two workers, broker and database each have a network namespace of their own (this "
            "needs root). One is cut off, and returns.",
            unplugged,
        ),
        Section(
            "silenced",
            "On several machines, one with its packets dropped",
            "The same, but nobody is told that it is gone.",
            silenced,
        ),
    ),
    quick=("servers",),
    plan=Trial,
    packages=("django", "celery", "kombu", "redis", "psycopg", "gunicorn"),
)
