"""Finds processes of this project that were left running after their parent ended."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from .context import Context
from .findings import Findings, ok, problem

# The possible parents of each process. A process with any other parent has lost its own.
PARENTS = {
    # The guard of a Redis is its child.
    "redis": {"runredis", "redis"},
    "generation": {"runworker", "runserver", "generation"},
    "runworker": {"honcho"},
    "runredis": {"honcho"},
    "runserver": {"honcho", "runserver"},
}

_PACKAGE = Path(__file__).parent.parent

# Processes that run by the path of their file. Those that the zygote forks, generations and their
# pools, look just like the zygote.
SCRIPTS = {
    str(_PACKAGE / "dev" / "manager.py"): "honcho",
    str(_PACKAGE / "reload" / "zygote.py"): "generation",
}

# Those that a user may start by hand: they have a parent only if honcho started them.
BY_HAND = {"runworker", "runredis", "runserver"}


# Seconds for a process without a parent to end: it may have noticed already.
ENDING = 3


class Own(NamedTuple):
    """A process of this project."""

    process: psutil.Process
    role: str
    parent: int
    by_honcho: bool


def left_over(context: Context) -> Findings:
    """Find every process of this folder that has lost its parent and keeps running."""
    own = processes(context.folder)
    if orphans := [one.process for one in own.values() if is_orphan(one, own)]:
        psutil.wait_procs(orphans, timeout=ENDING)
        own = processes(context.folder)
    stale = [one for one in own.values() if is_orphan(one, own)]
    for one in stale:
        what = "a zygote or a generation" if one.role == "generation" else one.role
        yield problem(
            f"Process {one.process.pid} of this project ({what}) was left running: "
            "its parent is gone.",
            f"Stop it with `kill {one.process.pid}`, or `kill -9` if that does not help.",
        )
    if not stale:
        yield ok(f"No process of this project was left running; {len(own)} are in use.")


def processes(folder: Path) -> dict[int, Own]:
    """Return the accessible processes of the stack in `folder`, by id."""
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
    """Return the process's role in the stack in `folder`, or nothing if it has none."""
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
