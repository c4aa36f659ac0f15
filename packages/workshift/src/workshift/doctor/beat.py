"""The beat that is part of `runworker`: does it run, and does it send what is due?"""

from typing import Any

from celery import current_app
from celery.schedules import maybe_schedule
from django.conf import settings

from .. import paths
from ..reload import last_runs
from ..reload.last_runs import LastRuns
from .context import Context, is_held
from .findings import Findings, note, ok, problem, warning

# Seconds by which a periodic task may be late on a busy machine.
PATIENCE = 60


def alive(context: Context) -> Findings:
    """Look at the lock that the beat holds and at the file that it writes, both in `.run`."""
    schedule = current_app.conf.beat_schedule
    if not schedule:
        return
    if not settings.DEBUG:
        yield note(
            "The beat of production leaves no trace that could be looked at here.",
            "Overdue durable tasks, if there are any, show that it is gone.",
        )
    elif not context.workers:
        return
    elif not is_held(context.run / "beat.lock"):
        yield warning(
            "A worker runs, but no beat in it: periodic tasks are not sent.",
            "Run the worker with `python manage.py runworker`, or a beat beside it: "
            f"`python -m celery -A {current_app.main} beat`.",
        )
    else:
        yield from punctual(context)


def punctual(context: Context) -> Findings:
    """Look at when the entries of the schedule ran last."""
    try:
        runs = last_runs.read(context.run / "beat.json")
    except last_runs.UnreadableError as error:
        yield warning(
            f".run/beat.json cannot be read ({error}).",
            "The beat writes it anew when it sends something.",
        )
        return
    late = {
        name: seconds
        for name in sorted(current_app.conf.beat_schedule)
        if (seconds := seconds_late(runs, name)) > PATIENCE
    }
    for name, seconds in late.items():
        yield problem(
            f"The beat runs, but has not sent {name!r} for {seconds:.0f} s after it was due "
            "(.run/beat.json).",
            f"Its worker may hang: restart {paths.dev()}.",
        )
    if not late:
        yield ok("The beat runs, and no entry of its schedule is late.")


def seconds_late(runs: LastRuns, name: str) -> float:
    """Return for how many seconds an entry of the schedule has been due, negative if it is not."""
    if name not in runs:
        return 0
    last, _ = runs[name]
    schedule: Any = maybe_schedule(
        current_app.conf.beat_schedule[name]["schedule"], app=current_app
    )
    return float(-schedule.remaining_estimate(last).total_seconds())
