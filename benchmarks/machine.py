"""On what a run is made."""

import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from workshift.testing.processes import RedisServer

_PACKAGES = ("django", "celery", "kombu", "redis", "watchdog", "watchfiles", "hupper")
_HEAVY = ("pandas", "boto3")


def describe(redis: RedisServer) -> dict[str, str]:
    """Return what the figures depend on: the machine and all versions."""
    info = redis.client.info("server")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "Machine": f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Redis": str(info["redis_version"]),
        "Packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES + _HEAVY),
    }


def redis_program() -> str:
    """Return the path of a Redis or Valkey. Raises SystemExit without one."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        sys.exit("This needs redis-server or valkey-server on the PATH; install one of them.")
    return program


def load_average() -> float:
    """Return how many processes wanted to run, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
