"""What a run of the web scenarios measures with: a site, and a server that is at work on it."""

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workshift.testing.processes import free_port

from benchmarks.plan import Counts
from benchmarks.project import Project, environment
from benchmarks.runners import Runner
from benchmarks.started import Started
from benchmarks.web.requests import INTERVAL, ask, until_answered
from benchmarks.web.runners import PORT, SITE

SETTINGS = f"{SITE}/settings.py"

_URLS = """
from pages import views

urlpatterns += [path("", views.page), path("slow", views.slow)]
"""


class Serving(Started):
    """A server, its site and its port."""

    def __init__(self, runner: Runner, make_project: Callable[[], Project]) -> None:
        """Run `runner` on what `make_project` returns."""
        super().__init__(runner, make_project)
        self.port = 0

    def command(self) -> tuple[str, ...]:
        """Return what is executed, with the port in it."""
        return tuple(word.replace(PORT, str(self.port)) for word in self.runner.command)

    def prepare(self) -> Mapping[str, str]:
        """Take a port."""
        self.port = free_port()
        return {}

    def answers(self) -> bool:
        """Ask for the page."""
        time.sleep(INTERVAL)
        return ask(self.port).version == self.project.version

    def until_live(self, version: int, since: float) -> float | None:
        """Ask for the page every 10 ms until `version` has made it.

        Returns the seconds from `since` (monotonic clock) to then, or None if the server hangs or
        has ended.
        """
        return until_answered(self.port, version, since, is_hopeless=self.has_ended)

    def has_ended(self) -> bool:
        """Tell whether the process that was started has ended, whatever it has left behind."""
        return self._process.poll() is not None


@dataclass
class WebPlan:
    """The site and the counts that all scenarios of the web process share."""

    template: Path
    counts: Counts

    def __post_init__(self) -> None:
        """Set up the site: what `startproject` makes, with the app `pages`.

        Raises subprocess.CalledProcessError if that fails.
        """
        self._numbers = itertools.count()
        self.template.mkdir()
        self._manage("-m", "django", "startproject", SITE, ".")
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            Path(__file__).parent.parent / "pages", self.template / "pages", ignore=ignored
        )
        for file, text in ((SETTINGS, "\nVERSION = 0\n"), (f"{SITE}/urls.py", _URLS)):
            with (self.template / file).open("a") as module:
                module.write(text)
        self._manage("manage.py", "migrate", "--verbosity", "0")

    def serving(self, runner: Runner, *, heavy: bool = False, parts: bool = False) -> Serving:
        """Return `runner` on a site of its own; the arguments say what that site is like."""

        def make() -> Project:
            folder = self.template.with_name(f"{runner.name}-{next(self._numbers)}")
            project = Project(self.template, folder, "pages/views.py", heavy=heavy, parts=parts)
            with (folder / SETTINGS).open("a") as settings:
                settings.write(runner.settings)
            return project

        return Serving(runner, make)

    def _manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], cwd=self.template, env=environment({}), check=True
        )
