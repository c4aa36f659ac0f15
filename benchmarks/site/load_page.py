"""The page about load."""

from benchmarks.site import load
from benchmarks.site.load import PER_CENT
from benchmarks.site.page import Page, Section

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
./scripts/bench load            # everything, about 20 minutes; leave the machine alone meanwhile
./scripts/bench load --quick    # a smoke run of less than a minute, which changes no file here
./scripts/bench load --help     # single sections
```

The figures behind this page are in `measurements-load.json`.
"""

LOAD = Page[load.Load](
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
            load.maximum,
        ),
        Section(
            "rates",
            "At 50 and 200 a second, and at the maximum",
            "Requests are timed from the moment at which the visitor comes, so waiting for a free "
            "process counts; e-mails from the same moment until the mail server has them. What is "
            "left at the end is waited for. Nothing may be lost, whatever the rate.",
            load.rates,
        ),
        Section(
            "costs",
            "What a message costs",
            "Milliseconds of processor time for each message, from the form to the mark that it was "
            "sent.",
            load.costs,
        ),
        Section(
            "endurance",
            f"Five minutes at {PER_CENT} % of the maximum",
            "Memory of each process: its own, and its share of what it shares. The slope is that of "
            "the last three quarters of the time. PostgreSQL grows "
            "until its buffers are full, Redis by the results that it keeps for a day.",
            load.endurance,
        ),
        Section(
            "processes",
            "With more processes in the worker",
            "The worker is stopped while messages pile up, and then works them off while no visitor "
            "comes; with the processor time of an e-mail.",
            load.processes,
        ),
        Section(
            "workers",
            "With more workers",
            "The same with workers of two processes each.",
            load.workers,
        ),
        Section(
            "rows",
            "With more rows",
            "The same beside messages that were sent long ago; then, at 50 messages a second, what "
            "visitors notice of them.",
            load.old_rows,
        ),
        Section(
            "beyond",
            "Ten, a hundred and a thousand times that",
            "The maximum times ten and so on, times the processor time of a message: how many cores "
            "each part is busy with, if nothing else gives first. [More than one machine "
            "holds](../../../docs/scaling.md) says what does, and which setting moves it. No core "
            "is busy all the time in practice: take twice as many.",
            load.beyond,
        ),
    ),
    quick=("maximum", "costs", "endurance", "beyond"),
    plan=load.Load,
    packages=("django", "celery", "kombu", "redis", "psycopg", "gunicorn"),
)
