"""The workers: does one answer, and do they know the tasks that the web process sends?"""

from collections import Counter

from celery import current_app
from django.conf import settings

from .. import paths
from .context import ANSWER_LIMIT, Context
from .findings import Findings, note, ok, problem, warning

RESTART = "Restart it, so that web and worker run the same code."


def alive(context: Context) -> Findings:
    """Ask all workers at once, and wait a second for their answers."""
    if context.redis_trouble:
        return
    counted = Counter(name for name, _ in context.replies)
    for name in sorted(name for name, number in counted.items() if number > 1):
        yield warning(
            f"More than one worker is called {name}: only one of them can be looked at.",
            "Give each a name of its own, with the option -n.",
        )
    if context.workers:
        yield ok(f"Alive: {', '.join(sorted(context.workers))}.")
    elif context.stack:
        yield problem(
            f"{paths.dev()} runs (process {context.stack}), but no worker answered within "
            f"{ANSWER_LIMIT:.0f} s.",
            "Look at the worker's lines there: code that does not load waits for the next save, "
            "and a worker with `-P solo` does not answer while it runs a task.",
        )
    elif settings.DEBUG:
        yield note("No worker runs.", f"Start the whole stack with {paths.dev()}.")
    else:
        yield problem(
            f"No worker answered within {ANSWER_LIMIT:.0f} s.",
            f"Start one: `python -m celery -A {current_app.main} worker -l info`.",
        )


def tasks(context: Context) -> Findings:
    """Compare the tasks that the code has now with those that each worker knows."""
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    for worker, theirs in sorted(context.workers.items()):
        if missing := sorted(ours - theirs):
            yield problem(
                f"{worker} does not know {', '.join(missing)}: it would throw such a task away.",
                RESTART,
            )
        if extra := sorted(theirs - ours):
            yield warning(
                f"{worker} knows {', '.join(extra)}, which the code here does not have.", RESTART
            )
        if not missing and not extra:
            yield ok(f"{worker} knows all tasks of the code ({len(ours)}).")
