"""What Linux tells in /proc about the processes of one run."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

# Of which threads of a process the time is counted.
Threads = Literal["all", "none", "main", "others"]

# What reading about a process raises when it has just ended.
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def marked(mark: str) -> list[int]:
    """Return the ids of all processes that were started with `mark` in their environment.

    It is inherited, so that what a killed reloader leaves behind is found as well.
    """
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(*_GONE):
                if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def kill_all(mark: str) -> None:
    """Kill the processes with `mark` in their environment until none is left."""
    while pids := marked(mark):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether process `pid` is there and not a zombie."""
    try:
        return _stat(pid)[0] != "Z"
    except _GONE:
        return False


def with_descendants(top: int, pids: Iterable[int]) -> set[int]:
    """Return `top` and those of `pids` that are its children, their children and so on."""
    parents = {}
    for pid in pids:
        with contextlib.suppress(*_GONE):
            parents[pid] = int(_stat(pid)[1])
    family = {top}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def cpu_seconds(pid: int, threads: Threads = "all") -> float:
    """Return the time in seconds that these threads of process `pid` have run so far."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        if threads in ("all", "main" if int(task.name) == pid else "others"):
            with contextlib.suppress(*_GONE):
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory(pid: int) -> int:
    """Return the memory of process `pid` in bytes: its own, and its share of what it shares."""
    with contextlib.suppress(*_GONE):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def descriptors(pid: int) -> int:
    """Return how many descriptors process `pid` has open."""
    with contextlib.suppress(*_GONE):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def inotify_watches(pid: int) -> int:
    """Return how many files and folders process `pid` watches."""
    total = 0
    with contextlib.suppress(*_GONE):
        for info in Path(f"/proc/{pid}/fdinfo").iterdir():
            with contextlib.suppress(*_GONE):
                total += info.read_text().count("inotify wd:")
    return total


def _stat(pid: int) -> list[str]:
    """Return the fields after the name: the state, the parent's id, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
