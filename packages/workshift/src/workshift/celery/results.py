"""Celery's Redis result backend, with two corrections."""

from typing import Any

from celery.backends.redis import RedisBackend, SentinelBackend
from celery.exceptions import NotRegistered


class ResultStore(RedisBackend):
    """Redis as the result backend, which sending a task does not touch.

    Celery subscribes to the result of each task before it sends the task, in case anyone waits for
    it. While Redis is down, that makes `.delay()` fail with a bare `RuntimeError`; while Redis does
    not respond, all threads of a web process wait for each other, 2 s each, because they share one
    lock. Nothing is lost without it: `AsyncResult.get()` subscribes as well.
    """

    def __new__(cls, *args: Any, url: str | None = None, **options: Any) -> Any:
        """Make one that asks the sentinels for the server, if `url` names sentinels."""
        del args, options
        return super().__new__(_OfSentinels if (url or "").startswith("sentinel://") else cls)

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Do nothing when a task is sent."""

    def mark_as_failure(self, task_id: str, exc: Any, *args: Any, **options: Any) -> None:
        """Store a failure, with name and arguments even if the worker does not know the task."""
        if isinstance(exc, NotRegistered):
            # Celery would store it without the task's name and arguments.
            known, request = self.get_task_meta(task_id), options["request"]
            request.task, request.args, request.kwargs = map(known.get, ("name", "args", "kwargs"))
            request.stamped_headers = known.get("stamped_headers") or []
            request.stamps = {name: known[name] for name in request.stamped_headers}
        super().mark_as_failure(task_id, exc, *args, **options)


class _OfSentinels(ResultStore, SentinelBackend):
    """The same, of a Redis that sentinels watch."""
