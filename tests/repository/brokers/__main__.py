"""Measures the hand-over with each broker: `python -m tests.repository.brokers`.

All of them in turn, again and again, so that whatever else the machine does hits each alike: under
20 tasks a second, a task module is saved. Prints for each how long it took from the save to the
first result of the new code, how long any task has waited, and how many tasks were lost, ran twice,
or ran on old code although they were sent after the save was seen.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workshift.testing import programs
from workshift.testing.processes import free_port

import tests.environment  # noqa: F401 - what the shell says must not matter.
from tests.repository.brokers import servers
from tests.repository.brokers.servers import Broker
from tests.repository.brokers.site import Site

# The first two make the snapshots, and do not count.
WARM, ROUNDS = 2, 8

RATE = 20

# Seconds in which the watcher has certainly seen a save.
SEEN = 0.05


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    """A plain Redis, to compare with."""
    port = free_port()
    command = servers.redis_command(programs.redis(), {"port": str(port)})
    with servers.Server(command, folder, port) as server:
        yield Broker({"REDIS_URL": f"redis://127.0.0.1:{port}/0"}, server)


class Measured:
    """A site, and what has been measured of it."""

    def __init__(self, site: Site) -> None:
        """Measure `site`, whose worker runs."""
        self._site = site
        self._sent: dict[int, float] = {}
        self._saved: list[float] = [0]

    def save(self) -> None:
        """Save under load, and go on for a second after the first result of the new code."""
        over = threading.Event()

        def load() -> None:
            while not over.wait(1 / RATE):
                number = len(self._sent)
                self._sent[number] = time.time()
                self._site.send(number)

        sender = threading.Thread(target=load)
        sender.start()
        time.sleep(0.5)
        version = len(self._saved)
        self._saved.append(time.time())
        self._site.save(version)
        while not any(note.version == version for note in self._site.noted()):
            time.sleep(0.1)
        time.sleep(1)
        over.set()
        sender.join()

    def line(self) -> str:
        """Return what there is to say, for a table."""
        notes = [one for one in self._site.noted() if one.version > WARM]
        numbers = [one.number for one in self._site.noted()]
        first = [
            min(one.time for one in notes if one.version == version) - self._saved[version]
            for version in range(WARM + 1, len(self._saved))
        ]
        waited = [one.time - self._sent[one.number] for one in notes]
        late = sum(
            version > one.version and self._sent[one.number] > saved + SEEN
            for one in notes
            for version, saved in enumerate(self._saved)
        )
        return (
            f"{statistics.median(first):.2f} s | {max(first):.2f} s | {max(waited):.2f} s | "
            f"{len(self._sent)} | {len(self._sent) - len(set(numbers))} | "
            f"{len(numbers) - len(set(numbers))} | {late}"
        )


def main(names: list[str]) -> None:
    """Print a line for each broker, or only for those with these names."""
    every = (
        redis,
        servers.valkey,
        servers.sentinels,
        servers.redis_over_tls,
        servers.rabbitmq,
    )
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        measured = {}
        for start in every:
            if not names or start.__name__ in names:
                own = Path(folder) / start.__name__
                own.mkdir()
                site = Site(own / "site", stack.enter_context(start(own)).variables)
                stack.enter_context(site.worker())
                measured[start.__name__] = Measured(site)
        for _ in range(WARM + ROUNDS):
            for one in measured.values():
                one.save()
        time.sleep(1)
        for name, one in measured.items():
            print(f"| {name} | {one.line()} |", flush=True)


main(sys.argv[1:])
