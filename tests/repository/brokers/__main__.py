"""Measures the hand-over with each broker: `python -m tests.repository.brokers`.

Under 50 tasks a second, a task module is saved again and again. Prints for each broker how long
it took from the save to the first result of the new code, how long any task has waited, and how
many were lost, or ran on old code although they were sent after the save was seen.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workshift.testing import programs
from workshift.testing.processes import free_port

import tests.environment  # noqa: F401 - what the shell says must not matter.
from tests.repository.brokers import servers
from tests.repository.brokers.servers import Broker
from tests.repository.brokers.site import Site

SAVES = 8
PAUSE = 2.0
RATE = 50

# Seconds in which the watcher has certainly seen a save.
SEEN = 0.05


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    """A plain Redis, to compare with."""
    port = free_port()
    command = servers.redis_command(programs.redis(), {"port": str(port)})
    with servers.Server(command, folder, port) as server:
        yield Broker({"REDIS_URL": f"redis://127.0.0.1:{port}/0"}, server)


def measure(site: Site) -> str:
    """Save under load, and return a line of the table."""
    sent: dict[int, float] = {}
    over = threading.Event()

    def load() -> None:
        while not over.wait(1 / RATE):
            sent[len(sent)] = time.time()
            site.send(len(sent) - 1)

    saved: dict[int, float] = {}
    with site.worker():
        sender = threading.Thread(target=load)
        sender.start()
        # The first two make the snapshots.
        for version in range(1, SAVES + 3):
            time.sleep(PAUSE)
            saved[version] = time.time()
            site.save(version)
        time.sleep(PAUSE)
        over.set()
        sender.join()
        time.sleep(1)
    notes = site.noted()
    first = [
        min(n.time for n in notes if n.version == version) - saved[version]
        for version in list(saved)[2:]
    ]
    waits = [n.time - sent[n.number] for n in notes]
    numbers = [n.number for n in notes]
    late = sum(
        any(n.version < version and sent[n.number] > when + SEEN for version, when in saved.items())
        for n in notes
    )
    return (
        f"{statistics.median(first):.2f} s ({max(first):.2f}) | {max(waits):.2f} s | "
        f"{len(sent)} sent, {len(sent) - len(set(numbers))} lost, "
        f"{len(numbers) - len(set(numbers))} twice | {late} on old code"
    )


def main(names: list[str]) -> None:
    """Print a line for each broker."""
    for start in (
        redis,
        servers.rabbitmq,
        servers.sentinels,
        servers.redis_over_tls,
        servers.valkey,
    ):
        if names and start.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as broker:
            print(
                start.__name__,
                "|",
                measure(Site(Path(folder) / "site", broker.variables)),
                flush=True,
            )


main(sys.argv[1:])
