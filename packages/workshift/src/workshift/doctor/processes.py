"""Processes of this project that were left running when what they belong to has gone."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from .context import Context
from .findings import Findings, ok, problem

# What may be the parent of what. A process whose parent is something else has lost it.
PARENTS = {
    # The guard beside a Redis is a child of it.
    "redis": {"runredis", "redis"},
    "generation": {"runworker", "generation"},
    "runworker": {"honcho"},
    "runredis": {"honcho"},
    "runserver": {"honcho", "runserver"},
}

_PACKAGE = Path(__file__).parent.parent

# What runs by the path of its file. What the zygote forks, generations and their pools, looks just
# like the zygote.
SCRIPTS = {
    str(_PACKAGE / "dev" / "manager.py"): "honcho",
    str(_PACKAGE / "reload" / "zygote.py"): "generation",
}

# Those that a user may start by hand: they have a parent only if honcho has started them.
BY_HAND = {"runworker", "runredis", "runserver"}


# Seconds that a process without a parent gets: it may have noticed, and be about to end.
ENDING = 3


class Own(NamedTuple):
    """A process of this project."""

    process: psutil.Process
    role: str
    parent: int
    by_honcho: bool


def left_over(context: Context) -> Findings:
    """Find every process of this folder that has lost its parent, and stays."""
    own = processes(context.folder)
    if orphans := [one.process for one in own.values() if is_orphan(one, own)]:
        psutil.wait_procs(orphans, timeout=ENDING)
        own = processes(context.folder)
    stale = [one for one in own.values() if is_orphan(one, own)]
    for one in stale:
        what = "zygote or generation of a worker" if one.role == "generation" else one.role
        yield problem(
            f"Process {one.process.pid} of this project ({what}) was left running: "
            "what it belongs to is gone.",
            f"Stop it with `kill {one.process.pid}`, or `kill -9` if that does not help.",
        )
    if not stale:
        yield ok(f"No process of this project is left over; {len(own)} of them run.")


def processes(folder: Path) -> dict[int, Own]:
    """Return the processes of the stack of `folder` that we may look at, by their ids."""
    found = {}
    for process in psutil.process_iter():
        try:
            role = role_of(process, folder)
            if role and process.status() != psutil.STATUS_ZOMBIE:
                by_honcho = role in BY_HAND and "HONCHO_PROCESS_NAME" in process.environ()
                found[process.pid] = Own(process, role, process.ppid(), by_honcho)
        except psutil.Error:
            continue
    return found


def role_of(process: psutil.Process, folder: Path) -> str:
    """Return what the process is in the stack of `folder`, or nothing if it is no part of it."""
    command = process.cmdline()
    if not command:
        return ""
    where = Path(process.cwd())
    if where == folder / ".run" / "redis":
        return "redis"
    if where != folder:
        return ""
    for script, role in SCRIPTS.items():
        if script in command:
            return role
    names = {Path(part).name for part in command}
    if names & {"manage.py", "honcho"}:
        found = names & {"honcho", "runworker", "runredis", "runserver"}
        return found.pop() if found else ""
    return ""


def is_orphan(one: Own, own: Mapping[int, Own]) -> bool:
    """Tell whether the process has lost its parent."""
    if one.role not in PARENTS or (one.role in BY_HAND and not one.by_honcho):
        return False
    parent = own.get(one.parent)
    return not parent or parent.role not in PARENTS[one.role]
