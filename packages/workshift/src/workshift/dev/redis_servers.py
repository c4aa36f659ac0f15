"""Finds the Redis to start: a real one if installed, else the stand-in."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A program that serves as this project's Redis.

    `description` tells the user more than `name`. `keeps` is true if waiting tasks survive a stop.
    """

    name: str
    description: str
    keeps: bool
    command: tuple[str, ...]


def find_server(port: int) -> Server:
    """Return the server to start on `port` of 127.0.0.1.

    It is `redis-server` or else `valkey-server`, if one is installed and runs, or the embedded
    stand-in.
    """
    for program in ("redis-server", "valkey-server"):
        path = shutil.which(program)
        version = path and version_of(path)
        if path and version:
            name = f"{program} {version}"
            return Server(name, name, keeps=True, command=(path, *options(port)))
    embedded = Path(__file__).with_name("embedded_redis.py")
    return Server(
        "embedded",
        "the embedded stand-in, because no Redis is installed (to install one: "
        "`sudo apt install redis-server` or `brew install redis`)",
        keeps=False,
        # -P: the modules next to embedded_redis.py must not hide others of the same name.
        command=(sys.executable, "-P", str(embedded), str(port)),
    )


def options(port: int) -> list[str]:
    """Return the options for a real server, which keeps its data in its working folder."""
    return [
        *("--port", str(port)),
        *("--bind", "127.0.0.1"),
        # Write each change to a log, so that waiting tasks survive a stop.
        *("--appendonly", "yes"),
        *("--save", ""),
        # Refuse new keys when memory is full; other policies would evict the queue.
        *("--maxmemory-policy", "noeviction"),
        *("--loglevel", "warning"),
    ]


def version_of(program: str) -> str | None:
    """Return the version that the server `program` prints, or None if it does not run."""
    try:
        answer = subprocess.run(  # noqa: S603 - a path that `which` found.
            [program, "--version"], check=False, capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"v=(\S+)", answer.stdout)
    return found[1] if answer.returncode == 0 and found else None
