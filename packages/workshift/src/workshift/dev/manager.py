"""honcho, with an answer to Ctrl-C that always arrives: `python manager.py PROCFILE PORT`.

`launch` runs this file by its path: importing the project would take a moment, and memory for as
long as the stack runs.
"""

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from honcho import environ
from honcho import manager as honcho_manager
from honcho.manager import SIGNALS, Manager
from honcho.printer import Message, Printer

# Seconds without a line after which what the processes say at their start is taken to be over.
QUIET = 0.3


class ListeningPrinter(Printer):  # type: ignore[misc]  # honcho ships no types.
    """Notes when it last printed, and whether the worker has said that it is ready."""

    last = 0.0
    worker_is_ready = False

    def write(self, message: Message) -> None:
        super().write(message)
        self.last = time.monotonic()
        data = (
            message.data
            if isinstance(message.data, str)
            else message.data.decode("utf-8", "replace")
        )
        if message.name == "worker.1" and " is ready" in data:
            self.worker_is_ready = True


class SteadyManager(Manager):  # type: ignore[misc]  # honcho ships no types.
    """Stops its processes from the loop, not from the signal handler, and says the address last.

    honcho's own handler prints and sends signals. Where the signal comes while the loop is
    printing, Python forbids the second print; where it comes before all processes have started,
    their numbers are missing. Either way the handler fails, nobody is told to stop, and honcho
    waits for ever.

    The first screen has the address, but what the processes say at their start comes after it. So
    it is said again when web and worker are ready.
    """

    _asked: signal.Signals | None = None
    _said = False

    def __init__(self, printer: ListeningPrinter, port: int) -> None:
        """`port` is the web process's."""
        super().__init__(printer)
        self._listening = printer
        self._port = port

    def _start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        super()._start()

    def _note(self, number: int, _: Any) -> None:
        self._asked = signal.Signals(number)

    def _all_started(self) -> bool:
        """Say whether all run; honcho's loop asks in each turn, ten times a second or more."""
        started = bool(super()._all_started())
        if started and self._asked and not self._terminating:
            self._system_print(f"{self._asked.name} received\n")
            self.returncode = SIGNALS[self._asked]["rc"]
            self.terminate()
        if started and not self._terminating and not self._said and self._is_ready():
            self._said = True
            self._system_print(f"Everything runs. Open http://localhost:{self._port}\n")
        return started

    def _is_ready(self) -> bool:
        printer = self._listening
        return (
            printer.worker_is_ready
            and time.monotonic() - printer.last > QUIET
            and listens(self._port)
        )


def listens(port: int) -> bool:
    """Tell whether a server takes connections on this port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.1):
            return True
    except OSError:
        return False


def main(procfile: Path, port: int) -> int:
    """Run the processes of `procfile` until one of them ends or we are told to stop.

    `port` is the first process's PORT. What `honcho start` does, but `.env` is not read: its
    values would pass for real variables, and hide every later edit of the file. And a process
    whose command does not ask for a PORT of its own knows that of the site. Returns the exit code.
    """
    # What `launch` has found that a stop may take; honcho's own limit may be too short for it.
    honcho_manager.KILL_WAIT = float(os.environ.get("DEV_STOP_SECONDS", honcho_manager.KILL_WAIT))
    manager = SteadyManager(ListeningPrinter(sys.stdout), port)
    commands = environ.parse_procfile(procfile.read_text(encoding="utf-8")).processes
    for process in environ.expand_processes(commands, port=port):
        environment = {**os.environ, **process.env}
        if not re.search(r"\$\{?PORT\b", process.cmd):
            environment["PORT"] = str(port)
        manager.add_process(process.name, process.cmd, env=environment, cwd=procfile.parent)
    try:
        manager.loop()
    except BrokenPipeError:
        # Nobody reads what we print, as behind `| head`. An ordinary exit would wait for the
        # processes, which nobody has told to stop; as it is, they notice our end (lifeline.py).
        os._exit(1)
    return int(manager.returncode)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
