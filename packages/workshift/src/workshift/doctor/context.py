"""Looks up what several examinations need, once for all of them."""

import fcntl
import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from celery import current_app
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from .. import paths
from ..celery.broker import address, connect, greet, is_redis, own_redis_port
from ..dev import lifeline
from .redis_health import Trouble, trouble_with

# Seconds for a worker to answer.
ANSWER_LIMIT = 1.0

# Seconds to connect to the database; PostgreSQL's client treats 1 as 2.
CONNECT_LIMIT = 2


class Context:
    """The project in its current state."""

    def __init__(self) -> None:
        """Use the project of this process."""
        self.folder = paths.project()

    @property
    def run(self) -> Path:
        """The folder for development's own files."""
        return self.folder / ".run"

    @cached_property
    def stack(self) -> int | None:
        """The process id of the `./scripts/dev` running in this folder, or None."""
        lock = lifeline.lock()
        return int(lock.read_text()) if is_held(lock) else None

    @cached_property
    def has_redis_of_its_own(self) -> bool:
        """Whether `./scripts/dev` starts Redis."""
        return own_redis_port() is not None

    @cached_property
    def broker_url(self) -> str:
        """The broker's URL, including the password."""
        return address()

    @cached_property
    def redis(self) -> redis.Redis | None:
        """A client for the broker, which may not answer; None if it is not Redis."""
        return connect(self.broker_url) if is_redis(self.broker_url) else None

    @cached_property
    def broker_name(self) -> str:
        """What a broker that is not Redis calls itself. Raises kombu's `OperationalError`."""
        return greet()

    @cached_property
    def broker_trouble(self) -> Trouble | None:
        """Why the broker cannot be used, or None if it can."""
        if self.redis is not None:
            return trouble_with(self.redis)
        try:
            _ = self.broker_name
        except OperationalError as error:
            return Trouble(str(error))
        return None

    @cached_property
    def database_trouble(self) -> str:
        """Why the database cannot be used, or nothing if it can."""
        # PostgreSQL's client would wait for minutes. It reads this when it connects.
        os.environ.setdefault("PGCONNECT_TIMEOUT", str(CONNECT_LIMIT))
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            return str(error)
        return ""

    @cached_property
    def replies(self) -> list[tuple[str, set[str]]]:
        """The name of each worker that answers, and the tasks it knows."""
        if self.broker_trouble:
            return []
        control: Any = current_app.control
        replies = control.broadcast("registered", reply=True, timeout=ANSWER_LIMIT)
        # A worker gives a task's name and, in brackets, its options.
        return [
            (name, {task.split(" ")[0] for task in tasks})
            for reply in replies or ()
            for name, tasks in reply.items()
        ]

    @cached_property
    def answers(self) -> dict[str, set[str]]:
        """The same by name, which should be unique."""
        return dict(self.replies)

    @cached_property
    def workers(self) -> dict[str, set[str]]:
        """The same without retired generations: only the newest of a `runworker` takes tasks."""
        newest: dict[str, tuple[int, str]] = {}
        for name in self.answers:
            generation = re.fullmatch(r"generation-(\d+)\.(\d+@.*)", name)
            number, group = (int(generation[1]), generation[2]) if generation else (0, name)
            newest[group] = max(newest.get(group, (0, "")), (number, name))
        return {name: self.answers[name] for _, name in newest.values()}

    @cached_property
    def tasks_at_work(self) -> set[str]:
        """The ids of the tasks that workers hold: running, waiting or scheduled."""
        if not self.answers:
            return set()
        inspect = self.inspect(self.answers)
        return {
            task.get("request", task)["id"]
            # In the order of a task's life, so that none slips through.
            for answer in (inspect.scheduled(), inspect.reserved(), inspect.active())
            for tasks in (answer or {}).values()
            for task in tasks
        }

    def inspect(self, names: Iterable[str]) -> Any:
        """Return Celery's `inspect` for the workers with these names."""
        # With a destination, Celery waits for no more answers than it can get.
        return current_app.control.inspect(timeout=ANSWER_LIMIT, destination=list(names))


def is_held(lock: Path) -> bool:
    """Tell whether a process holds the lock on a file; a missing file is not locked."""
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
