"""honcho, with an answer to Ctrl-C that always arrives: `python manager.py PROCFILE PORT`.

`launch` runs this file by its path: importing the project would take a moment, and memory for as
long as the stack runs.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, override

from honcho import environ
from honcho.manager import SIGNALS, Manager
from honcho.printer import Printer


class SteadyManager(Manager):  # type: ignore[misc]  # honcho ships no types.
    """Stops its processes from the loop, not from the signal handler.

    honcho's own handler prints and sends signals. Where the signal comes while the loop is
    printing, Python forbids the second print; where it comes before all processes have started,
    their numbers are missing. Either way the handler fails, nobody is told to stop, and honcho
    waits for ever.
    """

    _asked: signal.Signals | None = None

    @override
    def _start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        super()._start()

    def _note(self, number: int, _: Any) -> None:
        self._asked = signal.Signals(number)

    @override
    def _all_started(self) -> bool:
        """Say whether all run; honcho's loop asks in each turn, ten times a second or more."""
        started = bool(super()._all_started())
        if started and self._asked and not self._terminating:
            self._system_print(f"{self._asked.name} received\n")
            self.returncode = SIGNALS[self._asked]["rc"]
            self.terminate()
        return started


def main(procfile: Path, port: int) -> int:
    """Run the processes of `procfile` until one of them ends or we are told to stop.

    `port` is the first process's PORT. What `honcho start` does, but `.env` is not read: its
    values would pass for real variables, and hide every later edit of the file. Returns the exit
    code.
    """
    manager = SteadyManager(Printer(sys.stdout))
    commands = environ.parse_procfile(procfile.read_text(encoding="utf-8")).processes
    for process in environ.expand_processes(commands, port=port):
        manager.add_process(
            process.name, process.cmd, env={**os.environ, **process.env}, cwd=procfile.parent
        )
    try:
        manager.loop()
    except BrokenPipeError:
        # Nobody reads what we print, as behind `| head`. An ordinary exit would wait for the
        # processes, which nobody has told to stop; as it is, they notice our end (lifeline.py).
        os._exit(1)
    return int(manager.returncode)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
