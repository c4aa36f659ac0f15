"""Tries in a child of the zygote which modules can be imported in advance.

The zygote loads this file by its path, so it imports the standard library only.
"""

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from .importing import Imports, Reasons, import_module, watched

# Seconds that a child may take for one module.
_LONGEST_IMPORT = 60


class Trial:
    """A child that imports modules, and what it says of them."""

    def __init__(self, names: Sequence[str], known: Reasons, in_child: Callable[[], None]) -> None:
        """Begin to import `names`; `known` modules are left out, `in_child` is called first."""
        self.reasons: Reasons = {}
        self.tried: list[str] = []
        self.untried: list[str] = []
        self._names = names
        self._heard = b""
        self._socket, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            in_child()
            self._socket.close()
            _try(names, known, theirs)
        theirs.close()

    def fileno(self) -> int:
        """Return what becomes readable when `hear()` has something to do."""
        return self._socket.fileno()

    def hear(self) -> bool:
        """Read what has come; return whether that was all, and the results are there."""
        if data := self._socket.recv(65536):
            self._heard += data
            return False
        self.stop()
        *begun, last = self._heard.decode().split("\n")
        if last:
            self.reasons, late = json.loads(last)
            # Late ones came with another module, and cannot come before it.
            self.tried = [name for name in self._names if name not in late] + late
        else:
            # A module has ended the child, or kept it waiting for too long. What it did before is
            # not known, so the others are tried again.
            self.reasons = {begun[-1]: "ends its process"} if begun else {}
            self.untried = [name for name in self._names if name not in self.reasons]
        return True

    def close(self) -> None:
        """Hear nothing more; the child is somebody else's."""
        self._socket.close()

    def stop(self) -> None:
        """Hear nothing more, and end the child."""
        self.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _try(names: Sequence[str], known: Reasons, answer: socket.socket) -> NoReturn:
    """Import `names`, say which one begins and why some must be left out, and end this process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # What a module prints when it is imported, it prints in the generation.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    imports: Imports = {}
    failed: list[str] = []
    with watched(imports) as reasons:
        for name in names:
            imports.setdefault(name, set())
            if name not in sys.modules:
                answer.sendall(f"{name}\n".encode())
                signal.alarm(_LONGEST_IMPORT)
                if not import_module(name, reasons):
                    failed.append(name)
    # Those that cannot be imported first, but have come with another one since.
    late = [name for name in failed if name in sys.modules]
    for name in late:
        del reasons[name]
    found = _with_importers({**known, **reasons}, imports)
    new = {name: reason for name, reason in found.items() if name not in known}
    answer.sendall(json.dumps([new, late]).encode())
    os._exit(0)


def _with_importers(reasons: Reasons, imports: Imports) -> Reasons:
    """Add to `reasons` the modules that import one of those, or are in one, and so on."""
    found = dict(reasons)
    grown = True
    while grown:
        grown = False
        for importer in imports.keys() - found.keys():
            needed = imports[importer] | _packages_of(importer)
            if because := min(needed & found.keys(), default=None):
                found[importer] = f"needs {because}"
                grown = True
    return found


def _packages_of(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts))}
