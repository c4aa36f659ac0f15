"""A project under load: tasks on their way all the time, and what can be waited for."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from tests.reload.chaos.accounting import Ledger, has
from tests.reload.project import Project, Worker, eventually
from workshift.testing.processes import RedisServer

# Processes of the worker's pool.
_POOL = 2


class Load:
    """Sends tasks to the worker of a project, and keeps count of them and of its versions."""

    def __init__(self, project: Project, worker: Worker, broker: RedisServer) -> None:
        """Begin with the project as it is, which is version 0."""
        self.project = project
        self.worker = worker
        self.broker = broker
        self.ledger = Ledger(project, broker.client)
        self.version = 0

    def send(self, task: str = "probe.tasks.record", **options: Any) -> tuple[int, str]:
        """Send a task; return its number and its id. `options` are those of `apply_async()`."""
        number = self.ledger.open()
        return number, self.send_numbered(task, number, **options)

    def send_numbered(self, task: str, *arguments: int | list[int], **options: Any) -> str:
        """Send a task with a number that it has got already; return its id."""
        result = self.project.app.send_task(task, arguments, ignore_result=True, **options)
        return str(result.id)

    def send_for(self, seconds: float) -> None:
        """Send tasks, about 50 a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send()
            time.sleep(0.02)

    def wait_until_live(self) -> None:
        """Wait until the newest code serves; tasks go on to be sent meanwhile."""

        def is_live() -> bool:
            # No faster than they are done, which is slow where each has a process of its own.
            if len(self.ledger.waiting()) < 10:
                self.send()
            return self.ledger.newest_version() == self.version

        eventually(is_live, f"version {self.version} serves")

    def wait_until_ended(self, numbers: set[int]) -> None:
        """Wait until these tasks have ended."""
        eventually(lambda: self.ledger.ended() >= numbers, f"{numbers} have ended")

    def wait_until_nothing_is_left(self) -> None:
        """Wait until every task is done, those of killed workers, too."""
        eventually(self.ledger.nothing_is_left, "all tasks have ended")

    def save(self) -> None:
        """Save the next version, possibly in the middle of a reload."""
        self.version += 1
        self.project.save_version(self.version)

    def calm_down(self) -> None:
        """Have a generation that nothing is about to happen to, as nothing is being replaced."""
        self.save()
        self.wait_until_live()

    @contextmanager
    def full_pool(self) -> Iterator[None]:
        """Keep every process of the pool busy until the block ends."""
        key = uuid.uuid4().hex
        blocking = {self.send(kwargs={"wait_for": key})[0] for _ in range(_POOL)}
        eventually(lambda: blocking <= set(self.ledger.began()), "the pool is full")
        try:
            yield
        finally:
            self.project.probe.rpush(key, *blocking)
        self.wait_until_ended(blocking)

    def revoke(self, sent: dict[int, str]) -> None:
        """Revoke tasks by their ids, and wait until a worker confirms it."""
        control: Any = self.project.app.control

        def confirmed() -> object:
            try:
                return control.revoke([*sent.values()], reply=True, timeout=5, limit=1)
            except redis.ConnectionError:  # It was to a Redis that has been killed.
                return None

        eventually(confirmed, "a worker confirms a revoke")
        self.ledger.revoked |= set(sent)

    def wait_until_dropped(self, sent: dict[int, str]) -> None:
        """Wait until the workers are through with the messages of these tasks."""
        eventually(
            lambda: not has(self.ledger.waiting() + self.ledger.taken(), sent.values()),
            "revoked tasks are dropped",
        )
