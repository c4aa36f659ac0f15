"""Checks that a worker answers, and that all workers know the tasks of the code."""

from collections import Counter

from celery import current_app
from django.conf import settings

from .. import paths
from .context import ANSWER_LIMIT, Context
from .findings import Findings, note, ok, problem, warning

RESTART = "Restart it, so that web and worker run the same code."


def alive(context: Context) -> Findings:
    """Ask all workers at once, and wait a second for their answers."""
    if context.broker_trouble:
        return
    counted = Counter(name for name, _ in context.replies)
    for name in sorted(name for name, number in counted.items() if number > 1):
        yield warning(
            f"More than one worker is called {name}: only one of them can be checked.",
            "Give each its own name with the option -n.",
        )
    if context.workers:
        yield ok(f"Workers that answer: {', '.join(sorted(context.workers))}.")
    elif context.stack:
        yield problem(
            f"{paths.dev()} is running (process {context.stack}), but no worker answered within "
            f"{ANSWER_LIMIT:.0f} s.",
            "See the worker's output there: if the code does not load, it waits for the next save, "
            "and with `-P solo` it does not answer while it runs a task.",
        )
    elif settings.DEBUG:
        yield note("No worker is running.", f"Start the whole stack with {paths.dev()}.")
    else:
        yield problem(
            f"No worker answered within {ANSWER_LIMIT:.0f} s.",
            f"Start one: `python -m celery -A {current_app.main} worker -l info`.",
        )


def tasks(context: Context) -> Findings:
    """Compare the tasks in the code with those that each worker knows."""
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    for worker, theirs in sorted(context.workers.items()):
        if missing := sorted(ours - theirs):
            yield problem(
                f"{worker} does not know {', '.join(missing)}: it would not run such a task.",
                RESTART,
            )
        if extra := sorted(theirs - ours):
            yield warning(
                f"{worker} knows {', '.join(extra)}, which this code does not have.", RESTART
            )
        if not missing and not extra:
            yield ok(f"{worker} knows all tasks in the code ({len(ours)}).")
