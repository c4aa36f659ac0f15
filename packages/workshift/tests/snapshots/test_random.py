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
from tests.snapshots.world import MARK, World
from workshift.testing.processes import DEADLINE, Process, RedisServer, eventually, free_port

# A thousand each in the long form.
EDITS = [15, pytest.param(1000, marks=pytest.mark.slow)]

_LOOK = 0.85

# How often something is saved before what was saved last is live, and what is waited for before.
_HURRY = 0.15
_MOMENTS = [None, "was forked from the", "Reloaded in"]

_FORKED = re.compile(r"was forked from the ([a-z -]+)\.")

_SNAPSHOT = re.compile("Snapshot ready|No snapshot can be made")

_RELOADED = re.compile(r"Reloaded in .*: generation (\d+) runs|The code does not load")

# What a generation might do wrong, by the first words about it.
_SABOTAGE = {
    "app1.views VALUE: 0 instead of": "import app1.views; app1.views.VALUE = 0",
    "app1.forms t99: 0 instead of": "import app1.forms; app1.forms.t99 = 0",
    "receivers app1.old.saved": """
from django.db.models.signals import post_save
def saved(**_): pass
saved.__module__, saved.NUMBER = "app1.old", 0
post_save.connect(saved, weak=False)
""",
    "metrics app1.old": "import metrics_registry; metrics_registry.NAMES.append('app1.old')",
    "admin Thing1": "from django.contrib import admin; import app1.models\n"
    "admin.site.unregister(app1.models.Thing1)",
}

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

    def __init__(self, world: World, packages: Packages, sabotage: str = "") -> None:
        """Start it, and wait until it serves; its generations run the code `sabotage`."""
        self._world = world
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        self._environment = kept | packages.variables | {"C_FORCE_ROOT": "1"}
        self.process = Process(
            [sys.executable, "-u", "manage.py", *self.arguments, "--verbose"],
            folder=world.folder,
            environment=self._environment | {"SABOTAGE": sabotage},
        )
        self.process.next_line("is ready after")
        self.is_from_snapshot = False

    @property
    def origins(self) -> Counter[str]:
        """What generations were forked from, how often; the first one does not count."""
        return Counter(_FORKED.findall(self.process.output)) - Counter(["zygote"])

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
        self.is_from_snapshot = origin == "snapshot"
        return self.process.next_line(_RELOADED.pattern).group(1) is None

    def settle(self) -> None:
        """Wait for the last of several generations, after the edit of what makes no difference."""
        self.process.next_line(rf"Reloaded in .* runs .*{MARK}")
        self.is_from_snapshot = _FORKED.findall(self.process.output)[-1] == "snapshot"

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

    def __init__(
        self, world: World, packages: Packages, redis_url: str, sabotage: str = ""
    ) -> None:
        """Start it, with its broker at `redis_url`."""
        super().__init__(world, packages, sabotage)
        self._app = Celery("tests", broker=redis_url, backend=redis_url, set_as_current=False)
        self._app.conf.task_default_queue = "mysite"

    def values(self) -> dict[str, Any]:
        return dict(self._app.send_task("values").get(timeout=DEADLINE))


class Web(Command):
    """`runserver`, which is asked by a request."""

    fresh = _WEB

    def __init__(
        self, world: World, packages: Packages, _redis_url: str, sabotage: str = ""
    ) -> None:
        """Start it on a free port."""
        self._port = free_port()
        self.arguments = ("runserver", str(self._port))
        super().__init__(world, packages, sabotage)

    def values(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/values") as answer:
            return dict(json.load(answer))


def save_in_a_hurry(world: World, command: Command, chance: random.Random, number: int) -> None:
    """Save several times, while a generation boots, or a snapshot is made; all of it becomes live."""
    for moment in chance.choices(_MOMENTS, k=2):
        print(f"{number}: {world.edit_code()}, until {moment}", flush=True)
        if moment:
            command.process.next_line(moment)
    print(f"{number}: {world.edit_code()}", flush=True)
    expected = command.expected()
    assert expected is not None
    wrong: list[str] = []

    def is_live() -> bool:
        wrong[:] = differences(command.values(), expected)
        return not wrong

    try:
        eventually(is_live)
    except AssertionError:
        assert wrong == [], f"Edit {number}"
    world.mark()
    command.settle()
    assert differences(command.values(), expected) == []


def differences(values: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return what differs; a generation may have loaded more modules, but nothing else."""
    return [
        line for name in expected for line in _differences(values.get(name), expected[name], name)
    ]


def _differences(value: Any, expected: Any, where: str) -> list[str]:
    if isinstance(value, dict) and isinstance(expected, dict):
        return [
            line
            for name in sorted({*value, *expected})
            for line in _differences(value.get(name), expected.get(name), f"{where} {name}")
        ]
    return [] if value == expected else [f"{where}: {value} instead of {expected}"]


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
            if world.is_whole and chance.random() < _HURRY:
                save_in_a_hurry(world, command, chance, number)
                continue
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
        print(f"The project is in {world.folder}.")
        command.process.kill()
        raise
    command.stop()
    origins = command.origins
    print(f"forked from: {dict(origins)}")
    # Otherwise it was not the snapshots that were tested.
    assert origins["snapshot"] > count / 10
    assert origins["set-up snapshot"]
    assert origins["zygote"]


@pytest.mark.parametrize(
    "sabotage",
    # One is enough to see that all is compared; each takes a start.
    [
        sabotage if index == 0 else pytest.param(sabotage, marks=pytest.mark.slow)
        for index, sabotage in enumerate(_SABOTAGE)
    ],
)
@pytest.mark.parametrize("kind", [Worker, Web])
def test_a_wrong_generation_is_noticed(
    tmp_path: Path, redis_server: RedisServer, kind: type[Worker] | type[Web], sabotage: str
) -> None:
    packages = Packages(tmp_path)
    # With this seed, both load app1.views and app1.forms.
    world = World(tmp_path / "project", packages.folder, redis_server.url, seed=5)
    command = kind(world, packages, redis_server.url, _SABOTAGE[sabotage])
    try:
        expected = command.expected()
        assert expected
        wrong = differences(command.values(), expected)
    finally:
        command.process.kill()
    assert [line for line in wrong if line.startswith(sabotage)]
    assert len(wrong) == 1
