"""What several examinations look at: asked once, and the answer kept."""

import fcntl
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from celery import current_app
from django.conf import settings

from django_celery.environment import Environment
from django_celery.stack.client import connect
from django_celery.stack.lifeline import BASE_DIR, LOCK

# Seconds in which a worker has to answer.
ANSWER_LIMIT = 1.0


class Patient:
    """The project as it is at the moment."""

    folder = BASE_DIR

    @cached_property
    def stack(self) -> int | None:
        """The process id of the `./scripts/dev` that runs in this folder, or None."""
        return int(LOCK.read_text()) if is_held(LOCK) else None

    @cached_property
    def has_redis_of_its_own(self) -> bool:
        """Whether it is `./scripts/dev` that starts the Redis, as no REDIS_URL names another."""
        return not Environment().str("REDIS_URL", default="")

    @cached_property
    def redis(self) -> redis.Redis:
        """A client of the Redis in the settings, which may not answer."""
        return connect(settings.REDIS_URL)

    @cached_property
    def redis_trouble(self) -> str:
        """Why Redis cannot be used, or nothing if it answers."""
        try:
            self.redis.ping()
        except redis.RedisError as error:
            return str(error)
        return ""

    @cached_property
    def workers(self) -> dict[str, set[str]]:
        """The names of the workers that answer, and which tasks each of them knows.

        Of the generations of one `runworker`, that is the newest: the others take no more tasks.
        """
        if self.redis_trouble:
            return {}
        answers: dict[str, list[str]] = self.inspect().registered() or {}
        newest: dict[str, tuple[int, str]] = {}
        for name in answers:
            generation = re.fullmatch(r"generation-(\d+)@(.*)", name)
            number, group = (int(generation[1]), generation[2]) if generation else (0, name)
            newest[group] = max(newest.get(group, (0, "")), (number, name))
        # What a worker says of a task is its name and, in brackets, its options.
        return {name: {task.split(" ")[0] for task in answers[name]} for _, name in newest.values()}

    def inspect(self) -> Any:
        """Return Celery's remote control, for questions to all workers."""
        return current_app.control.inspect(timeout=ANSWER_LIMIT)


def is_held(lock: Path) -> bool:
    """Tell whether a process holds the lock on a file, which may be missing."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(descriptor)
    return False
