"""What goes wrong in production, done to a running site."""

import itertools
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import redis
from workshift.testing.processes import children

from benchmarks.site.machines import NAMES, Namespaces
from benchmarks.site.site import Site

# Seconds after which systemd starts a process again that has died (RestartSec's default).
_RESTART = 0.1


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; `happen` returns when it is over or repaired."""

    name: str
    happen: Callable[[Site, float], None]  # how many seconds it lasts, if it lasts
    twice: str = ""  # why an e-mail may be sent twice


AFTER_YES = "the mail server had said yes, and the mark was not yet made"
LEASE_ENDS = "the stopped processes go on with what others have done meanwhile"


def _kill_web(site: Site, _seconds: float) -> None:
    """Kill a process of gunicorn, which replaces it."""
    assert site.web  # noqa: S101 - it was started.
    os.kill(children(site.web.pid)[0], signal.SIGKILL)


def _kill_pool(site: Site, _seconds: float) -> None:
    os.kill(children(site.workers[0].pid)[0], signal.SIGKILL)


def _kill_worker(site: Site, _seconds: float) -> None:
    """Kill the main process alone, as the kernel does that is out of memory."""
    site.workers[0].tell(signal.SIGKILL)
    site.workers[0].wait()
    time.sleep(_RESTART)
    site.workers[0] = site.start_worker("worker1")
    site.workers[0].wait_for(" ready.")


def _kill_beat(site: Site, seconds: float) -> None:
    site.beats[0].kill()
    time.sleep(seconds)
    site.beats[0] = site.start_beat()


def _second_beat(site: Site, seconds: float) -> None:
    second = site.start_beat()
    time.sleep(seconds)
    second.kill()


def _restart_database(site: Site, _seconds: float) -> None:
    site.database.restart()


def _empty_redis(site: Site, _seconds: float) -> None:
    site.redis.kill()
    time.sleep(_RESTART)
    site.start_redis()


def _fill_redis(site: Site, seconds: float) -> None:
    """Fill it to its limit and keep it full; `noeviction` is Redis's default."""
    client = site.redis_client
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 1_000_000)
    names = itertools.count()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for size in (100_000, 1_000, 10):
            with suppress(redis.ResponseError):
                while True:
                    client.set(f"full {next(names)}", "x" * size)
        time.sleep(0.1)
    client.config_set("maxmemory", 0)
    for start in range(0, (end := next(names)), 1000):
        client.delete(*(f"full {number}" for number in range(start, min(start + 1000, end))))


def _stop_worker(site: Site, seconds: float) -> None:
    site.workers[0].tell_all(signal.SIGSTOP)
    time.sleep(seconds)
    site.workers[0].tell_all(signal.SIGCONT)


def _release(site: Site, _seconds: float) -> None:
    """Migrate, then replace the code of the workers, one after the other, then that of the web."""
    app = site.code / "feedback"
    models = app / "models.py"
    number = len(list((app / "migrations").glob("0*.py"))) + 1
    field = f'    note_{number} = models.CharField(default="", db_default="", max_length=9)\n'
    before, line, after = models.read_text().partition("    class Meta(DurableTask.Meta):\n")
    models.write_text(before + field + "\n" + line + after)
    site.manage("makemigrations", "feedback", "--name", "note", "--verbosity", "0")
    site.manage("migrate", "--verbosity", "0")
    for index, worker in enumerate(site.workers):
        worker.tell(signal.SIGTERM)
        worker.wait()
        site.workers[index] = site.start_worker(f"worker{index + 1}")
        site.workers[index].wait_for(" ready.")
    assert site.web  # noqa: S101 - it was started.
    site.web.tell(signal.SIGHUP)
    site.web.wait_for("Hang up")


PROCESSES = (
    Fault("nothing", lambda _, seconds: time.sleep(seconds)),
    Fault("a web process is killed", _kill_web),
    Fault("a pool process is killed", _kill_pool, AFTER_YES),
    Fault("a worker's main process is killed", _kill_worker, AFTER_YES),
    Fault("beat is killed and stays away", _kill_beat),
    Fault("a second beat runs", _second_beat),
    Fault("a worker stands still (SIGSTOP)", _stop_worker, LEASE_ENDS),
)

SERVERS = (
    Fault("PostgreSQL restarts", _restart_database, AFTER_YES),
    Fault("Redis restarts, empty", _empty_redis),
    Fault("Redis is full", _fill_redis),
    Fault("a release with a migration", _release),
)


def cut(name: str, *, silently: bool) -> Fault:
    """Return the fault that machine `name` is cut off and returns."""

    def happen(site: Site, seconds: float) -> None:
        assert isinstance(site.machines, Namespaces)  # noqa: S101 - the section has made them.
        site.machines.cut(name, silently=silently)
        time.sleep(seconds)
        site.machines.join(name)

    how = "packets dropped" if silently else "link down"
    return Fault(f"{name}: {how}", happen, f"{AFTER_YES}; {LEASE_ENDS}")


def cuts(*, silently: bool) -> tuple[Fault, ...]:
    """Return these faults of all machines, but for the second worker's."""
    return tuple(cut(name, silently=silently) for name in NAMES if name != "worker2")
