"""What each part of the site uses: processor time and memory."""

import os
from collections.abc import Sequence
from pathlib import Path

from workshift.testing.processes import children, descendants

from benchmarks.processes import memory
from benchmarks.site.daemon import Daemon
from benchmarks.site.site import Site

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(site: Site) -> dict[str, float]:
    """Return the processor time that each part has used so far."""
    workers = [worker.pid for worker in site.workers]
    return {
        "web": _trees(site.web),
        "broker": _trees(site.redis),
        "worker: main": sum(map(_own, workers)),
        "worker: pool": sum(_tree(child) for pid in workers for child in children(pid)),
        "beat": _trees(*site.beats),
        "database": _trees(site.database.daemon),
        "bench's own": _trees(site.mail, site.visiting),
    }


def memories(site: Site) -> dict[str, int]:
    """Return the memory of each process in bytes: its own, and its share of what it shares."""
    found: dict[str, int] = {}
    if site.web:
        found |= {"web: main": site.web.pid, **_numbered("web", children(site.web.pid))}
    for number, worker in enumerate(site.workers, start=1):
        name = f"worker {number}" if len(site.workers) > 1 else "worker"
        found |= {f"{name}: main": worker.pid, **_numbered(f"{name}: pool", children(worker.pid))}
    found |= {"beat": site.beats[0].pid, "broker": site.redis.pid}
    sizes = {name: memory(pid) for name, pid in found.items()}
    if site.database.daemon:
        pid = site.database.daemon.pid
        sizes["database"] = sum(map(memory, [pid, *descendants(pid)]))
    return sizes


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the straight line that fits `points` best."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    below = sum((a - x) ** 2 for a in xs)
    return above / below


def _numbered(name: str, pids: list[int]) -> dict[str, int]:
    return {f"{name} {number}": pid for number, pid in enumerate(sorted(pids), start=1)}


def _trees(*daemons: Daemon | None) -> float:
    """Return the time of all that have been started."""
    return sum(_tree(daemon.pid) for daemon in daemons if daemon)


def _tree(pid: int) -> float:
    """Return the time of `pid`, of all below it, and of those of them that have ended."""
    return sum(_own(one) + _ended(one) for one in [pid, *descendants(pid)])


def _own(pid: int) -> float:
    return _times(pid, 11)


def _ended(pid: int) -> float:
    return _times(pid, 13)


def _times(pid: int, first: int) -> float:
    """Return two neighbouring times of /proc/…/stat: as a user, and in the kernel."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[first : first + 2])) / _TICKS
