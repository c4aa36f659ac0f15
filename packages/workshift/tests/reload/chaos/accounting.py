"""What has become of each task, what the log says, and what the processes hold."""

import re
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psutil
import redis

from tests.reload.project import Project, Worker, children, eventually

_QUEUE = "mysite"

_TRACEBACK = "Traceback (most recent call last):"

# What is not the last line of a traceback: its frames, and what others write meanwhile.
_WITHIN_TRACEBACK = re.compile(
    rf"\s|\d{{4}}-\d\d-\d\d |\d\d:\d\d:\d\d |\[|$|{re.escape(_TRACEBACK)}"
)

# The errors that broken code provokes, and an app that git has removed half when it is imported.
_PROVOKED = re.compile(r"SyntaxError: |ModuleNotFoundError: No module named 'branch_")

_BAD_LINE = re.compile(r" (?:ERROR|CRITICAL) |Unrecoverable error|unregistered task")

_DEATH = re.compile(r"Generation \d+ (?:was killed|has died|exited with code)")


class Ledger:
    """The tasks that were sent, by number, and those that were revoked."""

    def __init__(self, project: Project, broker: redis.Redis) -> None:
        """Account for tasks that the worker of `project` gets from `broker`."""
        self._project = project
        self._broker = broker
        # By number: the tasks that have to end before its message is sent.
        self._after: list[Collection[int]] = []
        self.revoked: set[int] = set()

    def open(self, *, after: Collection[int] = ()) -> int:
        """Return the number of a new task; the worker itself sends it when those `after` end."""
        self._after.append(after)
        return len(self._after) - 1

    @property
    def count(self) -> int:
        """How many tasks there are."""
        return len(self._after)

    def began(self) -> Counter[int]:
        """Return how often each task has begun."""
        return Counter(number for number, _ in self._project.noted("began"))

    def ended(self) -> set[int]:
        """Return the tasks that have ended."""
        return {number for number, _ in self._project.noted("ended")}

    def newest_version(self) -> int:
        """Return the newest version of the code on which one of the last tasks has ended."""
        lines = self._project.probe.lrange("ended", -20, -1)
        return max((int(line.split()[1]) for line in lines), default=0)

    def lost(self) -> list[int]:
        """Return the tasks that have not ended although their message was sent.

        What was to follow a lost one in its chain or chord has never been sent.
        """
        ended = self.ended()
        return [
            number
            for number, after in enumerate(self._after)
            if number not in ended | self.revoked and ended.issuperset(after)
        ]

    def repeated(self) -> list[int]:
        """Return the tasks that began more than once.

        Without those that were sent again by one before them that ran again.
        """
        again = {number for number, times in self.began().items() if times > 1}
        return [number for number in again if again.isdisjoint(self._after[number])]

    def ran_although_revoked(self) -> set[int]:
        """Return the revoked tasks that began."""
        return self.revoked & set(self.began())

    def waiting(self) -> list[bytes]:
        """Return the messages in the queue."""
        return self._broker.lrange(f"{self._project.prefix}{_QUEUE}", 0, -1)  # type: ignore[return-value]

    def taken(self) -> list[bytes]:
        """Return the messages that a worker has, or had when it was killed."""
        return self._broker.hvals(f"{self._project.prefix}unacked")  # type: ignore[return-value]

    def nothing_is_left(self) -> bool:
        """Whether no message is in the queue, and none is unacknowledged."""
        return not self.waiting() and not self.taken()


def has(messages: Iterable[bytes], ids: Iterable[str]) -> bool:
    """Tell whether one of the messages is that of a task with one of these ids."""
    return any(one.encode() in message for message in messages for one in ids)


class Log:
    """What the worker has written, and which errors in it are its own."""

    def __init__(self, lines: list[str]) -> None:
        """Judge these lines."""
        self._lines = lines

    def errors(self) -> list[str]:
        """Return the last line of each traceback."""
        return [
            next((x for x in self._lines[index + 1 :] if not _WITHIN_TRACEBACK.match(x)), "?")
            for index, line in enumerate(self._lines)
            if _TRACEBACK in line
        ]

    def unprovoked(self) -> list[str]:
        """Return the errors that nobody has provoked, and the lines that speak of one."""
        errors = [line for line in self.errors() if not _PROVOKED.match(line)]
        return errors + [line for line in self._lines if _BAD_LINE.search(line)]

    def deaths(self) -> int:
        """Return how many generations have ended without having been told to."""
        return sum(bool(_DEATH.search(line)) for line in self._lines)


@dataclass(frozen=True)
class Usage:
    """What a process holds."""

    descriptors: int
    threads: int
    memory: int  # bytes

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """Look at a process that is alive."""
        process = psutil.Process(pid)
        return cls(process.num_fds(), process.num_threads(), process.memory_info().rss)

    def is_within(self, earlier: "Usage") -> bool:
        """Whether this is no more than `earlier`, but for a twentieth of the memory."""
        return (
            self.descriptors <= earlier.descriptors
            and self.threads <= earlier.threads
            and self.memory <= earlier.memory * 1.05
        )


def usage(worker: Worker) -> dict[str, Usage]:
    """Return what the supervisor and the zygote hold."""
    [zygote] = eventually(lambda: children(worker.process.pid), "there is a zygote")
    return {"supervisor": Usage.of(worker.process.pid), "zygote": Usage.of(zygote)}


def usage_at_rest(worker: Worker) -> dict[str, Usage]:
    """Return what they hold when the zygote has imported all packages in advance."""

    def is_at_rest() -> bool:
        before = usage(worker)
        # Nothing says that it has imported the last one.
        time.sleep(1)
        return usage(worker) == before

    eventually(lambda: len(worker.generations()) == 1, "the old generations have ended")
    eventually(is_at_rest, "supervisor and zygote are at rest")
    return usage(worker)


def usage_comes_back_to(before: dict[str, Usage], worker: Worker) -> bool:
    """Wait until supervisor and zygote hold no more than `before`; tell whether they do.

    What belongs to a generation is let go of some seconds after its end.
    """
    now = before

    def is_back() -> bool:
        nonlocal now
        now = usage(worker)
        return all(now[name].is_within(before[name]) for name in before)

    try:
        eventually(is_back)
    except AssertionError:
        return False
    finally:
        print(f"before: {before}\nat the end: {now}")
    return True
