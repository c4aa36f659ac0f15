"""A process of the site: its log is a file, so that whoever measures need not read along."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Seconds that anything has to start or to end.
DEADLINE = 60


class Daemon:
    """A process that leads a group of its own."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        """Start `command` in `folder` and append what it writes to `log`."""
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Tell whether the process has ended, whatever it has left behind."""
        return self._process.poll() is not None

    def wait_for(self, text: str) -> None:
        """Return once `text` is in the log. Raises SystemExit, with its end, if it never is."""
        deadline = time.monotonic() + DEADLINE
        while text not in (written := self.log.read_text(errors="replace")):
            if self.has_ended() or time.monotonic() > deadline:
                raise SystemExit(f"{text!r} was not written to {self.log}:\n{written[-2000:]}")
            time.sleep(0.02)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self._process.send_signal(number)

    def tell_all(self, number: signal.Signals) -> None:
        """Send a signal to the process and all in its group."""
        os.killpg(self.pid, number)

    def wait(self) -> None:
        """Wait for the end of the process."""
        self._process.wait(DEADLINE)

    def kill(self) -> None:
        """Kill it and its group, whether or not it still runs itself."""
        with contextlib.suppress(ProcessLookupError):
            self.tell_all(signal.SIGKILL)
        self._process.wait()
