"""Checks that the beat in `runworker` runs, and sends what is due."""

from typing import Any

from celery import current_app
from celery.schedules import maybe_schedule
from django.conf import settings

from .. import paths
from ..worker import last_runs
from ..worker.last_runs import LastRuns
from .context import Context, is_held
from .findings import Findings, note, ok, problem, warning

# Seconds by which a periodic task may be late on a busy machine.
PATIENCE = 60


def alive(context: Context) -> Findings:
    """Check the lock that the beat holds and the file that it writes, both in `.run`."""
    schedule = current_app.conf.beat_schedule
    if not schedule:
        return
    if not settings.DEBUG:
        yield note(
            "In production the beat leaves no trace that can be checked here.",
            "If it is gone, durable tasks are overdue.",
        )
    elif not context.workers:
        return
    elif not is_held(context.run / "beat.lock"):
        yield warning(
            "A worker runs without a beat: periodic tasks are not sent.",
            "Run the worker with `python manage.py runworker`, or run a beat as well: "
            f"`python -m celery -A {current_app.main} beat`.",
        )
    else:
        yield from punctual(context)


def punctual(context: Context) -> Findings:
    """Check when the schedule's entries last ran."""
    try:
        runs = last_runs.read(context.run / "beat.json")
    except last_runs.UnreadableError as error:
        yield warning(
            f".run/beat.json cannot be read ({error}).",
            "The beat writes a new one when it sends something.",
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
            f"The worker may hang: restart {paths.dev()}.",
        )
    if not late:
        yield ok("The beat runs, and nothing in its schedule is late.")


def seconds_late(runs: LastRuns, name: str) -> float:
    """Return how many seconds ago an entry was due, negative if it is not due yet."""
    if name not in runs:
        return 0
    last, _ = runs[name]
    schedule: Any = maybe_schedule(
        current_app.conf.beat_schedule[name]["schedule"], app=current_app
    )
    return float(-schedule.remaining_estimate(last).total_seconds())
