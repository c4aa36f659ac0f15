"""Measure the price of durability: durable tasks beside ordinary ones, through the same worker.

    python -m tests.durable.benchmark                      on SQLite
    python -m tests.durable.benchmark postgres://...       on an empty database of yours

Run it in the folder of the library's `manage.py`.

Neither task does any work. The queue is filled while the worker is held, then the worker runs
until it is empty: `tasks/s` is the worker's own speed, `CPU` what its processes use for a task,
which hardly depends on what else the machine does. `sent/s` is the speed of the process that
creates the rows and sends the messages.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests import ROOT
from workshift.testing import programs
from workshift.testing.processes import RedisServer, Worker, free_port

TASKS = 1000
ROUNDS = 5
PREFIX = "bench:"


def main() -> None:
    """Print a line for each kind of task, and how they compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'db.sqlite3'}"
        redis = RedisServer.of(programs.redis(), free_port(), folder)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.durable.settings",
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "for the benchmark only",
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "REDIS_PREFIX": PREFIX,
        }
        subprocess.run(
            # The checks refuse a model of the tests' app that has no task, on purpose.
            [
                *(sys.executable, "manage.py", "migrate"),
                *("--run-syncdb", "--skip-checks", "--verbosity", "0"),
            ],
            cwd=ROOT,
            check=True,
        )
        redis.start()
        worker = Worker(
            "tests.mysite",
            ["--concurrency", "2", "--loglevel", "info"],
            folder=ROOT,
            environment={},
        ).wait_for(" ready.")
        try:
            compare(redis, worker)
        finally:
            worker.stop()
            redis.stop()


def compare(redis: RedisServer, worker: Worker) -> None:
    """Measure both kinds in turn, so that a busy machine slows both."""
    import django  # noqa: PLC0415 - the settings are known only now.

    django.setup()
    from tests.durable.parcels.models import Parcel  # noqa: PLC0415
    from tests.durable.parcels.tasks import nothing  # noqa: PLC0415

    kinds: dict[str, Callable[[], object]] = {
        "ordinary": nothing.delay,
        "durable": lambda: Parcel.objects.create(trouble="no work"),
    }
    figures: dict[str, list[tuple[float, ...]]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS + 1):
        for kind, send in kinds.items():
            figures[kind].append(measure(send, redis, worker))
    undone = Parcel.objects.exclude(status="done").count()
    if undone:
        raise SystemExit(f"{undone} rows are not done.")

    # The first round warms up.
    medians = {
        kind: [statistics.median(column) for column in zip(*rounds[1:], strict=True)]
        for kind, rounds in figures.items()
    }
    for kind, (done, cpu, sent) in medians.items():
        print(f"{kind:9}{done:6.0f} tasks/s {cpu:6.2f} ms CPU a task {sent:6.0f} sent/s")
    price = medians["ordinary"][0] / medians["durable"][0]
    print(f"An ordinary task is {price:.2f} times as fast. Median of {ROUNDS} rounds of {TASKS}.")


def measure(
    send: Callable[[], object], redis: RedisServer, worker: Worker
) -> tuple[float, float, float]:
    """Return tasks a second, milliseconds of the worker's CPU a task, and tasks sent a second."""
    os.killpg(worker.pid, signal.SIGSTOP)
    start = time.perf_counter()
    for _ in range(TASKS):
        send()
    sent = time.perf_counter()
    cpu = cpu_seconds(worker)
    os.killpg(worker.pid, signal.SIGCONT)
    while redis.client.llen(f"{PREFIX}mysite") or redis.client.hlen(f"{PREFIX}unacked"):
        time.sleep(0.005)
    done = time.perf_counter()
    used = (cpu_seconds(worker) - cpu) * 1000 / TASKS
    return TASKS / (done - sent), used, TASKS / (sent - start)


def cpu_seconds(worker: Worker) -> float:
    """Return what the worker's processes have used so far."""
    main_process = psutil.Process(worker.pid)
    times = [process.cpu_times() for process in (main_process, *main_process.children())]
    return sum(time.user + time.system for time in times)


if __name__ == "__main__":
    main()
