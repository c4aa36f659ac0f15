"""What a run of the stack measures with: a copy of this project, and a browser that shows it."""

import contextlib
import itertools
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from playwright.sync_api import sync_playwright
from workshift.testing import installed
from workshift.testing.processes import RedisServer, free_port

from benchmarks.plan import Counts
from benchmarks.project import PACKAGE, ROOT, Project, Template
from benchmarks.runners import Runner
from benchmarks.running import Running
from benchmarks.started import PATIENCE
from benchmarks.web.requests import ask, until_answered

DEV = Runner("dev", "manage.py dev", ("python", "manage.py", "dev"), "`scripts/dev`", ours=True)

# The module that is saved. Tasks and views import it, so the worker and the server need it.
_CODE = "feedback/version.py"

# Seconds after a save until the task is sent, and until another one is if that ran on old code.
_SEEN = 0.03
_AGAIN = 1.0

_VIEW = """

from django.http import HttpResponse

from feedback.version import VERSION


def version(request):
    return HttpResponse(str(VERSION))
"""

_PAGE = "/version"

_URL = """
urlpatterns += [path("version", views.version)]
"""


@dataclass(frozen=True)
class Reload:
    """What followed from one save: the seconds until each of the two had the new code."""

    worker: float
    web: float


class Stack(Running):
    """The running stack, its project and its tasks."""

    def prepare(self) -> Mapping[str, str]:
        """Take a port, and get the tasks ready."""
        self.port = free_port()
        return {**super().prepare(), "PORT": str(self.port)}

    def answers(self) -> bool:
        """Tell whether both the worker and the server answer."""
        return super().answers() and ask(self.port, _PAGE).version == self.project.version

    def until_both_live(self, version: int, since: float) -> Reload | None:
        """Ask for a page every 10 ms, and send one task; return when `version` has answered.

        None if one of them hangs.
        """
        with ThreadPoolExecutor() as threads:
            web = threads.submit(until_answered, self.port, version, since, _PAGE)
            worker = self._until_worker_live(version, since)
        seen = web.result()
        return None if worker is None or seen is None else Reload(worker, seen)

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the first page in a browser for the length of a `with` block."""
        # Its sandbox refuses to run as root, the usual user in a container.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=arguments)
            browser.new_page().goto(f"http://127.0.0.1:{self.port}/")
            yield
            browser.close()

    def _until_worker_live(self, version: int, since: float) -> float | None:
        # When the change has certainly been seen: whoever sends a task has left the editor.
        time.sleep(max(0, since + _SEEN - time.monotonic()))
        while time.monotonic() < since + PATIENCE:
            self.traffic.send_note()
            if note := self.traffic.first_of(version, _AGAIN):
                return note.began_at - since
        return None


@dataclass
class StackPlan:
    """The Redis, the project and the counts that all scenarios share."""

    redis: RedisServer
    template: Template
    counts: Counts

    def __post_init__(self) -> None:
        """Make worker and server say which version of one module they have."""
        self._numbers = itertools.count()
        folder = self.template.folder
        shutil.copy(ROOT / "Procfile.dev", folder)
        (folder / _CODE).write_text("VERSION = 0\n")
        tasks = folder / "probe" / "tasks.py"
        tasks.write_text(
            tasks.read_text().replace("VERSION = 0", "from feedback.version import VERSION")
        )
        for name, text in (("views", _VIEW), ("urls", _URL)):
            with (folder / "feedback" / f"{name}.py").open("a") as module:
                module.write(text)

    def stack(self) -> Stack:
        """Return the stack on a copy of the project."""

        def make() -> Project:
            folder = self.template.folder.with_name(f"{PACKAGE}-{next(self._numbers)}")
            return Project(self.template.folder, folder, _CODE)

        return Stack(DEV, self.redis, make)


def _chromium() -> str:
    if program := installed.chromium():
        return program
    sys.exit("This needs Chromium or Chrome on the PATH; install one of them.")
