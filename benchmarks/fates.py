"""What becomes of tasks that run while the code is replaced under them."""

import time
from collections import Counter

from benchmarks import processes
from benchmarks.traffic import Traffic, wait_until

# Seconds that a task gets beyond its own length, to be run again by whoever picks it up.
_MARGIN = 8.0

# Seconds in which a worker begins a task; a reload may still be going on.
_BEGINNING = 20.0

# Seconds that a task must have been without a process to be given up.
_ABANDONED = 2.0


class Fates:
    """Pieces of work, and what became of each."""

    def __init__(self) -> None:
        """Account for nothing yet."""
        self._open: list[str] = []
        self._known: Counter[str] = Counter()

    def __str__(self) -> str:
        """Say how many tasks had which fate."""
        return ", ".join(f"{count} {fate}" for fate, count in self._known.most_common())

    def wait_until_begun(self, traffic: Traffic, work: str) -> None:
        """Account for `work` from now on, and wait until a process runs it."""
        self._open.append(work)
        wait_until(lambda: work in dict(traffic.noted("began")), _BEGINNING)

    def settle(self, traffic: Traffic, seconds: float) -> None:
        """Wait until the fate of each open piece of work, which takes `seconds`, is known."""
        for work in self._open:
            self._wait(traffic, work, seconds + _MARGIN)
        time.sleep(0.5)  # What has ended is acknowledged a moment later.
        for work in self._open:
            self._known[_fate(traffic, work)] += 1
        self._open.clear()

    def _wait(self, traffic: Traffic, work: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        last_alive = time.monotonic()
        while time.monotonic() < min(deadline, last_alive + _ABANDONED):
            if work in dict(traffic.noted("ended")):
                return
            runs = [pid for task, pid in traffic.noted("began") if task == work]
            if any(map(processes.is_alive, runs)) or _holds(traffic.waiting(), work):
                last_alive = time.monotonic()
            time.sleep(0.1)


def fate_if_not_run(traffic: Traffic, work: str) -> str:
    """Say where the message of `work` is: in the queue, unacknowledged, or lost."""
    if _holds(traffic.waiting(), work):
        return "back in the queue"
    if _holds(traffic.unacknowledged(), work):
        return "not done, not acknowledged"
    return "lost"


def _fate(traffic: Traffic, work: str) -> str:
    began = sum(task == work for task, _ in traffic.noted("began"))
    ended = sum(task == work for task, _ in traffic.noted("ended"))
    if ended == 0:
        return fate_if_not_run(traffic, work)
    if ended > 1:
        return "run to the end twice"
    if _holds(traffic.unacknowledged(), work):
        return "done, not acknowledged"
    return "done once" if began == 1 else "killed, then run again"


def _holds(messages: list[str], work: str) -> bool:
    return any(work in message for message in messages)
