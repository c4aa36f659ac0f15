"""Where Celery keeps the results of tasks: its own Redis backend, less one call."""

from typing import Any

from celery.backends.redis import RedisBackend


class ResultStore(RedisBackend):
    """Redis as the result backend, left alone by whoever only sends a task.

    Celery subscribes to the result of each task before it sends it, for the case that somebody
    waits for it. While Redis is away that makes `.delay()` fail with a bare `RuntimeError`, and
    while Redis is silent all threads of a web process wait for each other, 2 s each, as they
    share one lock. Nothing is lost without it: `AsyncResult.get()` subscribes by itself.
    """

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Do nothing when a task is sent."""
