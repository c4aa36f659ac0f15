"""Where Celery keeps the results of tasks: its own Redis backend, with two corrections."""

from typing import Any

from celery.backends.redis import RedisBackend
from celery.exceptions import NotRegistered


class ResultStore(RedisBackend):
    """Redis as the result backend, left alone by whoever only sends a task.

    Celery subscribes to the result of each task before it sends it, for the case that somebody
    waits for it. While Redis is away that makes `.delay()` fail with a bare `RuntimeError`, and
    while Redis is silent all threads of a web process wait for each other, 2 s each, as they
    share one lock. Nothing is lost without it: `AsyncResult.get()` subscribes by itself.
    """

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Do nothing when a task is sent."""

    def mark_as_failure(self, task_id: str, exc: Any, *args: Any, **options: Any) -> None:
        """Store a failure; of a task that the worker does not know, with what is known of it."""
        if isinstance(exc, NotRegistered):
            # Celery would store it as the failure of no task, without arguments.
            known, request = self.get_task_meta(task_id), options["request"]
            request.task, request.args, request.kwargs = map(known.get, ("name", "args", "kwargs"))
            request.stamped_headers = known.get("stamped_headers") or []
            request.stamps = {name: known[name] for name in request.stamped_headers}
        super().mark_as_failure(task_id, exc, *args, **options)
