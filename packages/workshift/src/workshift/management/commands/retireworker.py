"""`manage.py retireworker`: makes workers take no more tasks, waits for what runs, and ends them."""

import time
from collections.abc import Collection
from typing import Any

from celery import current_app
from celery.app.control import Inspect
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...celery.checks import project_app

# Seconds that a worker has for an answer, and between two questions.
_ANSWER = 2
_PAUSE = 0.5


class Command(BaseCommand):
    """Retires workers by Celery's remote control, so it works from any machine with the broker."""

    help = (
        "Make workers take no more tasks, wait until they have finished what they run, and end "
        "them. The exit code is 1 if the time is over first; then they go on, and end when their "
        "tasks do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the workers' names and the time to wait."""
        parser.add_argument("names", nargs="*", metavar="celery@HOST", help="the workers' names")
        parser.add_argument("--all", action="store_true", help="all workers that answer")
        parser.add_argument(
            "--timeout",
            type=float,
            help="seconds to wait; by default a little more than the longest task may take "
            "(CELERY_TASK_TIME_LIMIT)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Retire the workers. Raises CommandError if they do not exist or do not end in time."""
        app = project_app() or current_app
        self._control = app.control
        alive = sorted(self._inspect(None).ping() or {})
        names: list[str] = alive if options["all"] else options["names"]
        if not names or set(names) - set(alive):
            missing = ", ".join(sorted(set(names) - set(alive)))
            sentence = f"No worker answers as {missing}." if missing else "Name a worker, or --all."
            raise CommandError(f"{sentence} Those that answer: {', '.join(alive) or 'none'}.")
        timeout = options["timeout"] or (app.conf.task_time_limit or 0) + 10
        self.stdout.write(f"Retiring {', '.join(names)}; waiting for {timeout:.0f} s at most.")
        self._wait(names, time.monotonic() + timeout)
        self.stdout.write("They have ended." if len(names) > 1 else "It has ended.")

    def _inspect(self, names: Collection[str] | None) -> Inspect:
        limit = len(names) if names else None
        inspect: Inspect = self._control.inspect(
            list(names) if names else None, timeout=_ANSWER, limit=limit
        )
        return inspect

    def _wait(self, names: Collection[str], deadline: float) -> None:
        for name, queues in (self._inspect(names).active_queues() or {}).items():
            for queue in queues or ():
                self._control.cancel_consumer(queue["name"], destination=[name], reply=True)
        left = set(names)
        while left:
            running = self._running(left)
            # One that does not answer is busy: without a pool, it answers between two tasks.
            idle = [name for name, tasks in running.items() if not tasks]
            if idle:
                self._control.shutdown(destination=idle)
                left -= set(idle) - set(self._inspect(idle).ping() or {})
            if left and time.monotonic() > deadline:
                count = sum(map(len, running.values()))
                raise CommandError(
                    f"The time is over. {', '.join(sorted(left))}: no more tasks are taken, and "
                    f"{count} still run."
                )
            if left:
                time.sleep(_PAUSE)

    def _running(self, names: Collection[str]) -> dict[str, list[Any]]:
        """Return what each worker runs or has taken to run at once; not what waits for a time."""
        running: dict[str, list[Any]] = {}
        # In this order, or a task that starts in between would be in neither.
        for answer in (self._inspect(names).reserved(), self._inspect(names).active()):
            for name, tasks in (answer or {}).items():
                running.setdefault(name, []).extend(tasks)
        return running
