"""Edits at random: what a generation has made of the project is what a fresh process makes of it.

The seed is printed; `SEED=123 ./scripts/test -m slow -k snapshots` repeats a run.
"""

import faulthandler
import json
import os
import random
import re
import signal
import subprocess
import sys
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from tests.reload.test_preload import Packages
from tests.snapshots.world import World
from workshift.testing.processes import DEADLINE, Process, RedisServer, eventually, free_port

# A thousand each in the long form.
EDITS = [25, pytest.param(1000, marks=pytest.mark.slow)]

_LOOK = 0.85

_FORKED = re.compile(r"was forked from the ([a-z -]+)\.")

_SNAPSHOT = re.compile("Snapshot ready|No snapshot can be made")

_RELOADED = re.compile(r"Reloaded in .*: generation (\d+) runs|The code does not load")

_WORKER = """
import os, sys, json
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
import mysite.celery
import django
django.setup()
mysite.celery.app.loader.import_default_modules()
from probe.values import all_values
print("VALUES" + json.dumps(all_values(urls=False)))
"""

_WEB = """
import os, sys, json
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from probe.values import all_values
print("VALUES" + json.dumps(all_values(urls=True)))
"""


class Command(ABC):
    """A command that reloads, and the project that it runs."""

    fresh: str  # the code of a process that starts from nothing
    arguments: tuple[str, ...]

    def __init__(self, world: World, packages: Packages) -> None:
        """Start it, and wait until it serves."""
        self._world = world
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        self._environment = kept | packages.variables | {"C_FORCE_ROOT": "1"}
        self.process = Process(
            [sys.executable, "-u", "manage.py", *self.arguments, "--verbose"],
            folder=world.folder,
            environment=self._environment,
        )
        self.process.next_line("is ready after")
        self.origins: Counter[str] = Counter()
        self.is_from_snapshot = False

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """Ask the current generation what it has made of the project."""

    def wait_for_snapshot(self) -> None:
        """Wait until the next generation can be forked from one, or it is said that it cannot."""
        if not self.is_from_snapshot:
            eventually(self._has_said_so, "there is a snapshot")

    def _has_said_so(self) -> bool:
        for line in reversed(self.process.lines):
            if _SNAPSHOT.search(line) or _FORKED.search(line):
                return not _FORKED.search(line)
        return False

    def reload(self) -> bool:
        """Wait for the generation that runs the last edit; tell whether it does not load."""
        origin = self.process.next_line(_FORKED.pattern).group(1)
        self.origins[origin] += 1
        self.is_from_snapshot = origin == "snapshot"
        return self.process.next_line(_RELOADED.pattern).group(1) is None

    def expected(self) -> dict[str, Any] | None:
        """Return what a process that starts from nothing makes of the project; None: it fails."""
        done = subprocess.run(
            # -B: two versions of a file can be alike to Python's cache.
            [sys.executable, "-B", "-c", self.fresh],
            cwd=self._world.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        found = done.stdout.partition("VALUES")[2]
        return dict(json.loads(found)) if found else None

    def stop(self) -> None:
        """End it."""
        if self.process.process.poll() is None:
            self.process.tell(signal.SIGTERM)
        assert self.process.wait() == 0


class Worker(Command):
    """`runworker`, which is asked by a task."""

    fresh = _WORKER
    arguments = ("runworker", "-c", "1", "--loglevel", "warning")

    def __init__(self, world: World, packages: Packages, redis_url: str) -> None:
        """Start it, with its broker at `redis_url`."""
        super().__init__(world, packages)
        self._app = Celery("tests", broker=redis_url, backend=redis_url, set_as_current=False)
        self._app.conf.task_default_queue = "mysite"

    def values(self) -> dict[str, Any]:
        return dict(self._app.send_task("values").get(timeout=DEADLINE))


class Web(Command):
    """`runserver`, which is asked by a request."""

    fresh = _WEB

    def __init__(self, world: World, packages: Packages, _redis_url: str) -> None:
        """Start it on a free port."""
        self._port = free_port()
        self.arguments = ("runserver", str(self._port))
        super().__init__(world, packages)

    def values(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/values") as answer:
            return dict(json.load(answer))


def differences(values: Any, expected: Any, where: str = "") -> list[str]:
    """Return what differs of all that the fresh process has; a generation may have loaded more."""
    if isinstance(values, dict) and isinstance(expected, dict):
        return [
            line
            for name in expected
            for line in differences(values.get(name), expected[name], f"{where} {name}")
        ]
    return [] if values == expected else [f"{where}: {values} instead of {expected}"]


@pytest.mark.parametrize("count", EDITS)
@pytest.mark.parametrize("kind", [Worker, Web])
def test_a_generation_is_what_a_fresh_process_is(
    tmp_path: Path,
    redis_server: RedisServer,
    seed: int,
    kind: type[Worker] | type[Web],
    count: int,
) -> None:
    # The long form takes longer than a test that hangs is given (faulthandler_timeout).
    faulthandler.cancel_dump_traceback_later()
    packages = Packages(tmp_path)
    world = World(tmp_path / "project", packages.folder, redis_server.url, seed)
    chance = random.Random(seed)
    command = kind(world, packages, redis_server.url)
    try:
        command.wait_for_snapshot()
        for number in range(count):
            edit = world.edit()
            print(f"{number}: {edit}", flush=True)
            is_broken = command.reload()
            expected = command.expected()
            assert is_broken == (expected is None), (
                f"Edit {number} ({edit}): {command.process.output}"
            )
            if expected is not None:
                wrong = differences(command.values(), expected)
                assert wrong == [], f"Edit {number} ({edit})"
                # Most people look at what they have done; some save again at once.
                if chance.random() < _LOOK:
                    command.wait_for_snapshot()
    except BaseException:
        print(command.process.output[-6000:])
        command.process.kill()
        raise
    print(f"forked from: {dict(command.origins)}")
    command.stop()
    # Otherwise it was not the snapshots that were tested.
    assert command.origins["snapshot"] > count / 10
    assert command.origins["set-up snapshot"]
    assert command.origins["zygote"]
