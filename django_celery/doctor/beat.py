"""The beat that is part of `runworker`: does it run, and does it send what is due?"""

import datetime
import json
from typing import Any

from celery import current_app
from celery.schedules import maybe_schedule
from django.conf import settings

from django_celery.doctor.findings import Findings, note, ok, problem, warning
from django_celery.doctor.patient import Patient, is_held

# Seconds by which a periodic task may be late on a busy machine.
PATIENCE = 60


def alive(patient: Patient) -> Findings:
    """Look at the lock that the beat holds and at the file that it writes, both in `.run`."""
    schedule = current_app.conf.beat_schedule
    if not schedule:
        return
    if not settings.DEBUG:
        yield note(
            "The beat of production leaves no trace that could be looked at here.",
            "Overdue durable tasks, if there are any, show that it is gone.",
        )
    elif not patient.workers:
        return
    elif not is_held(patient.folder / ".run" / "beat.lock"):
        yield warning(
            "A worker runs, but no beat in it: periodic tasks are not sent.",
            "Run the worker with `python manage.py runworker`, or a beat beside it: "
            "`python -m celery -A django_celery beat`.",
        )
    else:
        late = sorted(name for name in schedule if seconds_late(patient, name) > PATIENCE)
        for name in late:
            yield problem(
                f"The beat runs, but has not sent {name!r} for {seconds_late(patient, name):.0f} s "
                "after it was due (.run/beat.json).",
                "Its worker may hang: restart ./scripts/dev.",
            )
        if not late:
            yield ok("The beat runs, and no entry of its schedule is late.")


def seconds_late(patient: Patient, name: str) -> float:
    """Return for how many seconds an entry of the schedule has been due, negative if it is not."""
    runs = json.loads((patient.folder / ".run" / "beat.json").read_text())
    if name not in runs:
        return 0
    last = datetime.datetime.fromisoformat(runs[name][0])
    schedule: Any = maybe_schedule(
        current_app.conf.beat_schedule[name]["schedule"], app=current_app
    )
    return float(-schedule.remaining_estimate(last).total_seconds())
