"""Runs honcho so that Ctrl-C always works: `python manager.py PROCFILE PORT PLACES`.

`launch` runs this file by its path: importing the project would take a moment, and memory while
the stack runs.
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

# Seconds without output after which the processes are considered started.
QUIET = 0.3


class ListeningPrinter(Printer):  # type: ignore[misc]  # honcho ships no types.
    """Records when it last printed, and whether the worker has said that it is ready."""

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
    """Stops its processes from the loop, not from the signal handler, and prints the address last.

    honcho's own handler prints and sends signals. If the signal comes while the loop is printing,
    Python forbids the second print; if it comes before all processes have started, their ids are
    missing. Either way the handler fails, no process is told to stop, and honcho waits forever.

    The first screen has the address, but the processes' first lines follow it. So it is printed
    again when web and worker are ready.
    """

    _asked: signal.Signals | None = None
    _said = False

    def __init__(self, printer: ListeningPrinter, port: int, places: str) -> None:
        """`port` is that of the web process, `places` the addresses to open."""
        super().__init__(printer)
        self._listening = printer
        self._port = port
        self._places = places

    def _start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        super()._start()

    def _note(self, number: int, _: Any) -> None:
        self._asked = signal.Signals(number)

    def _all_started(self) -> bool:
        """Tell whether all have started; honcho's loop asks at least ten times a second."""
        started = bool(super()._all_started())
        if started and self._asked and not self._terminating:
            self._system_print(f"{self._asked.name} received\n")
            self.returncode = SIGNALS[self._asked]["rc"]
            self.terminate()
        if started and not self._terminating and not self._said and self._is_ready():
            self._said = True
            self._system_print(f"Everything is running. Open {self._places}\n")
        return started

    def _is_ready(self) -> bool:
        printer = self._listening
        return (
            printer.worker_is_ready
            and time.monotonic() - printer.last > QUIET
            and listens(self._port)
        )


def listens(port: int) -> bool:
    """Tell whether a server accepts connections on this port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.1):
            return True
    except OSError:
        return False


def main(procfile: Path, port: int, places: str) -> int:
    """Run the processes in `procfile` until one of them ends or we are told to stop.

    `port` is the first process's PORT; `places` is what to open. Like `honcho start`, but `.env` is
    not read: its values would look like real variables and hide every later edit of the file. And a
    process whose command does not use $PORT gets the site's. Returns the exit code.
    """
    # `launch` has computed how long a stop may take; honcho's own limit may be too short.
    honcho_manager.KILL_WAIT = float(os.environ.get("DEV_STOP_SECONDS", honcho_manager.KILL_WAIT))
    manager = SteadyManager(ListeningPrinter(sys.stdout), port, places)
    commands = environ.parse_procfile(procfile.read_text(encoding="utf-8")).processes
    for process in environ.expand_processes(commands, port=port):
        environment = {**os.environ, **process.env}
        if not re.search(r"\$\{?PORT\b", process.cmd):
            environment["PORT"] = str(port)
        manager.add_process(process.name, process.cmd, env=environment, cwd=procfile.parent)
    try:
        manager.loop()
    except BrokenPipeError:
        # Our output is no longer read, as with `| head`. A normal exit would wait for processes
        # that were never told to stop; this way they notice our end (lifeline.py).
        os._exit(1)
    return int(manager.returncode)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
