"""Sends tasks to the measured worker, and collects what they note."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from celery import Celery

from benchmarks.project import PREFIX, QUEUE

# Seconds between two tasks, while one waits for a result from new code.
INTERVAL = 0.01


@dataclass(frozen=True)
class Note:
    """What one task has noted; times in seconds of the system's monotonic clock."""

    number: int
    version: int
    sent_at: float
    began_at: float


class Traffic:
    """Tasks on their way to one worker, and their notes."""

    def __init__(self, url: str) -> None:
        """Use the server at `url`, which holds nothing else; its database 9 is for the notes."""
        self.notes_url = url.rsplit("/", 1)[0] + "/9"
        self.sent: list[int] = []
        self.notes: list[Note] = []
        self._first: dict[int, Note] = {}  # of each version
        self._broker = redis.Redis.from_url(url, decode_responses=True)
        self._notes = redis.Redis.from_url(self.notes_url, decode_responses=True)
        self._app = Celery("bench", broker=url)
        self._app.conf.update(
            task_default_queue=QUEUE,
            task_ignore_result=True,
            broker_transport_options={"global_keyprefix": PREFIX},
        )
        self._numbers = itertools.count()
        self._noted = threading.Condition()
        self._closing = threading.Event()
        self._collector = threading.Thread(target=self._collect)
        self._collector.start()

    def close(self) -> None:
        """Stop collecting and close the connections."""
        self._closing.set()
        self._collector.join()
        self._app.close()
        self._broker.close()
        self._notes.close()

    def send_note(self) -> None:
        """Send a task that notes the version of the code that runs it."""
        number = next(self._numbers)
        self.sent.append(number)
        self._app.send_task("probe.tasks.note", [number, time.monotonic()])

    def send_work(self, seconds: float) -> str:
        """Send a task that takes so long, and return its id."""
        return str(self._app.send_task("probe.tasks.work", [seconds]).id)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Send a hundred tasks a second for the length of a `with` block."""
        stop = threading.Event()

        def send() -> None:
            due = time.monotonic()
            while not stop.is_set():
                self.send_note()
                due = max(due + INTERVAL, time.monotonic() - INTERVAL)
                stop.wait(due - time.monotonic())

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield
        finally:
            stop.set()
            sender.join()

    def first_of(self, version: int, seconds: float) -> Note | None:
        """Wait for the first note of `version`; None if there is none after so many seconds."""
        with self._noted:
            return self._noted.wait_for(lambda: self._first.get(version), seconds)

    def drain(self, seconds: float, *, most: int = 0) -> bool:
        """Wait until at most `most` are in the queue; False if more are after so many seconds."""
        return wait_until(lambda: self._broker.llen(PREFIX + QUEUE) <= most, seconds)

    def settle(self, seconds: float) -> None:
        """Wait until every task that was sent has been run, or none has for so many seconds."""
        seen = -1
        while len(self.notes) > seen:
            seen = len(self.notes)
            if wait_until(lambda: len({n.number for n in self.notes}) == len(self.sent), seconds):
                return

    def waiting(self) -> list[str]:
        """Return the messages in the queue."""
        return list(map(str, self._broker.lrange(PREFIX + QUEUE, 0, -1)))

    def unacknowledged(self) -> list[str]:
        """Return the messages that a worker has taken and not acknowledged."""
        return list(map(str, self._broker.hvals(PREFIX + "unacked")))

    def noted(self, event: str) -> list[tuple[str, int]]:
        """Return the task id and the process id of each piece of work that `began` or `ended`."""
        lines = [str(line).split() for line in self._notes.lrange(event, 0, -1)]
        return [(task, int(pid)) for task, pid in lines]

    def _collect(self) -> None:
        while not self._closing.is_set():
            found = self._notes.blpop(["notes"], 0.2)
            if found:
                number, version, sent_at, began_at = found[1].split()
                note = Note(int(number), int(version), float(sent_at), float(began_at))
                with self._noted:
                    self.notes.append(note)
                    self._first.setdefault(note.version, note)
                    self._noted.notify_all()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` is true; False if it is not after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
