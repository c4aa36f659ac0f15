"""Checks the rows of durable tasks: which are overdue, and which have failed for good."""

from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from .. import conf
from ..durable.models import DurableTask
from ..durable.states import Status
from ..durable.tasks import durable_models
from .context import Context
from .database import missing_file
from .findings import Findings, count, ok, problem, warning


def rows(context: Context) -> Findings:
    """Check every durable task of the project."""
    if missing_file() or context.database_trouble:
        return
    for model in durable_models():
        try:
            trouble = [*overdue(model, context), *failed(model)]
            unfinished = model.objects.filter(status__in=[Status.PENDING, Status.RUNNING]).count()
        except DatabaseError:
            # It has no table yet; the migrations' examination has said so.
            continue
        yield from trouble
        if not trouble:
            yield ok(f"{model._meta.label}: {count(unfinished, 'row')} to do, none overdue.")


def overdue(model: type[DurableTask], context: Context) -> Findings:
    """Find rows that the sweep should have handled long ago: it postpones what it handles."""
    sweep, grace = conf.durable("SWEEP_SECONDS"), conf.durable("GRACE_SECONDS")
    now = timezone.now()
    late = model.objects.filter(
        status__in=[Status.PENDING, Status.RUNNING],
        due_at__lt=now - 2 * timedelta(seconds=sweep + grace),
    )
    oldest = late.order_by("due_at").first()
    if oldest is None:
        return
    seconds = (now - oldest.due_at).total_seconds()
    sentence = (
        f"{model._meta.label}: {count(late.count(), 'row')} overdue, the oldest for "
        f"{seconds:.0f} s, though a sweep should come every {sweep} s."
    )
    if context.workers:
        yield problem(sentence, "Check whether the beat runs, and how long the queue is.")
    else:
        yield warning(sentence, "A worker will process them once it runs.")


def failed(model: type[DurableTask]) -> Findings:
    """Find rows that have used up all their attempts."""
    rows = model.objects.filter(status=Status.FAILED).order_by("-finished_at")
    last = rows.first()
    if last is not None:
        yield warning(
            f"{model._meta.label}: {count(rows.count(), 'row')} failed for good, the last "
            f"({last.pk}) with: {last.last_error}",
            "After you fix the cause, try them again in the admin, or with "
            f"`{model.__name__}.objects.all().try_again()`.",
        )
