"""Processes of this project that were left running when what they belong to has gone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from django_celery.doctor.findings import Findings, ok, problem
from django_celery.doctor.patient import Patient

# What may be the parent of what. A process whose parent is something else has lost it.
PARENTS = {
    # The guard beside a Redis is a child of it.
    "redis": {"runredis", "redis"},
    "generation": {"runworker", "generation"},
    "runworker": {"honcho"},
    "runredis": {"honcho"},
    "runserver": {"honcho", "runserver"},
}

# Those that a user may start by hand: they have a parent only if honcho has started them.
BY_HAND = {"runworker", "runredis", "runserver"}


class Own(NamedTuple):
    """A process of this project."""

    process: psutil.Process
    role: str
    parent: int


def left_over(patient: Patient) -> Findings:
    """Find every process of this folder that has lost its parent."""
    own = {one.process.pid: one for one in processes(patient.folder)}
    stale = [one for one in own.values() if is_stale(one, own)]
    for one in stale:
        what = "zygote or generation of a worker" if one.role == "generation" else one.role
        yield problem(
            f"Process {one.process.pid} of this project ({what}) was left running: "
            "what it belongs to is gone.",
            f"Stop it with `kill {one.process.pid}`, or `kill -9` if that does not help.",
        )
    if not stale:
        yield ok(f"No process of this project is left over; {len(own)} of them run.")


def processes(folder: Path) -> Iterator[Own]:
    """Yield the processes of the stack of `folder` that we may look at."""
    for process in psutil.process_iter():
        try:
            role = role_of(process, folder)
            if role and process.status() != psutil.STATUS_ZOMBIE:
                yield Own(process, role, process.ppid())
        except psutil.Error:
            continue


def role_of(process: psutil.Process, folder: Path) -> str:
    """Return what the process is in the stack of `folder`, or nothing if it is no part of it.

    What the zygote forks, generations and pools, looks just like the zygote.
    """
    command = process.cmdline()
    names = {Path(part).name for part in command}
    if names & {"manage.py", "honcho"} and Path(process.cwd()) == folder:
        found = names & {"honcho", "runworker", "runredis", "runserver"}
        return found.pop() if found else ""
    if str(folder / "django_celery" / "reload" / "zygote.py") in command:
        return "generation"
    if command and Path(process.cwd()) == folder / ".run" / "redis":
        return "redis"
    return ""


def is_stale(one: Own, own: dict[int, Own]) -> bool:
    """Tell whether the process has lost its parent."""
    if one.role not in PARENTS:
        return False
    if one.role in BY_HAND and "HONCHO_PROCESS_NAME" not in one.process.environ():
        return False
    parent = own.get(one.parent)
    return one.process.pid != os.getpid() and (not parent or parent.role not in PARENTS[one.role])
