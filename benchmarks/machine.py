"""On what a run is made."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from workshift.testing import installed
from workshift.testing.processes import RedisServer, free_port


def describe(packages: Sequence[str], further: Mapping[str, str]) -> dict[str, str]:
    """Return what the figures depend on: the machine, `further` and all versions."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "Machine": f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB",
        "Kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **further,
        "Packages": ", ".join(f"{name} {version(name)}" for name in packages),
    }


@contextmanager
def redis_in(folder: Path) -> Iterator[tuple[RedisServer, dict[str, str]]]:
    """Run a Redis or Valkey, for the length of a `with` block; yield it and its version.

    Raises SystemExit if neither is installed.
    """
    redis = RedisServer.of(redis_program(), free_port(), folder)
    redis.start()
    try:
        yield redis, {"Redis": str(redis.client.info("server")["redis_version"])}
    finally:
        redis.stop()


def redis_program() -> str:
    """Return the server to start. Raises SystemExit if neither is installed."""
    if program := installed.redis():
        return program
    sys.exit("This needs redis-server or valkey-server on the PATH; install one of them.")


def load_average() -> float:
    """Return how many processes wanted to run, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
