"""One runner at work on one project, from its start until everything it started is gone."""

import os
import signal
import subprocess
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from benchmarks import processes
from benchmarks.project import Project, environment
from benchmarks.runners import Runner

# Seconds after which a runner counts as hanging. More than any that does not hang has needed.
PATIENCE = 20.0

# Seconds that a runner gets to become calm after its start: our zygote imports what it has
# learned, others look at all files.
_CALM = 3.0


class DoesNotStartError(Exception):
    """A runner has not answered; the message holds the end of what it wrote."""


class Started(ABC):
    """A runner and its project. The context manager ends all of its processes."""

    def __init__(self, runner: Runner, make_project: Callable[[], Project]) -> None:
        """Run `runner` on what `make_project` returns."""
        self.runner = runner
        self._make_project = make_project
        self._pauses = 0

    def __enter__(self) -> Self:
        """Start the runner. Raises DoesNotStartError if it does not answer."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process that was started, however it hangs."""
        self.end()

    @abstractmethod
    def prepare(self) -> Mapping[str, str]:
        """Make ready for a new process, and return the variables that it needs."""

    @abstractmethod
    def answers(self) -> bool:
        """Ask what was just started for a sign of life, and wait a moment for it."""

    @abstractmethod
    def until_live(self, version: int, since: float) -> float | None:
        """Ask every 10 ms until `version` has answered.

        Returns the seconds from `since` (monotonic clock) to then, or None if the runner hangs.
        """

    def command(self) -> tuple[str, ...]:
        """Return what is executed."""
        return self.runner.command

    def start(self) -> None:
        """Start the runner on a new project and wait until it is calm.

        Raises DoesNotStartError if it does not answer.
        """
        self.project = self._make_project()
        variables = self.prepare()
        self._boots = self.project.folder.with_suffix(".boots")
        self._log = self.project.folder.with_suffix(".log")
        self._mark = f"PROBE_RUN={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.project.folder,
                env=environment({name: value, "PROBE_BOOTS": str(self._boots), **variables}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.start_seconds = self._first_answer(began)
            time.sleep(_CALM)
        except BaseException:
            # Ctrl-C as well: `with` ends only what has entered its block.
            self.end()
            raise

    def end(self) -> None:
        """End every process that was started."""
        processes.kill_all(self._mark)
        self._process.wait()

    def restart(self) -> None:
        """Begin anew, after the runner has hung."""
        self.end()
        self.start()

    def pause(self) -> None:
        """Let the runner become calm, as between two saves."""
        # Of different length, so that those which look at the files once a second are not always
        # met at the same moment.
        self._pauses += 1
        time.sleep(1 + self._pauses * 0.37 % 1)

    def interrupt(self) -> None:
        """Press Ctrl-C: SIGINT to the process group that a terminal would send it to."""
        os.killpg(self._process.pid, signal.SIGINT)

    def processes(self) -> list[int]:
        """Return the ids of all processes that were started and are alive."""
        return [pid for pid in processes.marked(self._mark) if processes.is_alive(pid)]

    def is_gone(self) -> bool:
        """Tell whether no process is left of what was started."""
        self._process.poll()
        return not self.processes()

    def log(self) -> str:
        """Return what the runner has written."""
        return self._log.read_text(errors="replace")

    def boots(self) -> list[tuple[int, int]]:
        """Return process id and version of each process that has loaded the code, in order."""
        lines = [line.split() for line in self._boots.read_text().splitlines()]
        return [(int(pid), int(version)) for pid, version in lines]

    def _first_answer(self, began: float) -> float:
        while time.monotonic() < began + 2 * PATIENCE and self._process.poll() is None:
            if self.answers():
                return time.monotonic() - began
        said = "\n".join(self.log().splitlines()[-20:])
        raise DoesNotStartError(f"{self.runner.title} does not answer:\n{said}")
