"""Records what code reads and opens while it is imported, so that its process can be shared.

What was read may change later; then the process is outdated. What is kept open, such as a connection
or a thread, is not whole any more in a process that is forked.
"""

import atexit
import logging
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from .own_code import is_foreign, is_installed

# Time of the last change in nanoseconds, size and inode; nothing if there is no such file.
Signature = list[int]

# Events of Python's audit: https://docs.python.org/3/library/audit_events.html
_READS = frozenset({"open", "os.listdir", "os.scandir"})
_CONNECTION, _FILE, _THREAD = "keeps a connection open", "keeps a file open", "starts a thread"
_FOLDER, _DIRECTORY = "makes a temporary folder", "changes the current folder"
_OPENS = {
    "open": _FILE,
    "os.chdir": _DIRECTORY,
    "socket.__new__": _CONNECTION,
    "_thread.start_new_thread": _THREAD,
    "_thread.start_joinable_thread": _THREAD,
    "tempfile.mkdtemp": _FOLDER,
}
_AT_EXIT = "registers a function with atexit"

_IMPORTLIB = re.compile(r"^<frozen importlib|/importlib/metadata")

# What changes by itself, or only describes the machine.
_SYSTEM = ("/proc/", "/sys/", "/dev/")


def signature(path: str) -> Signature:
    """Return what is another one when a file or folder has changed."""
    try:
        status = Path(path).stat()
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size, status.st_ino]


class ImportRecord:
    """What has been read, and what was opened by whom."""

    def __init__(self) -> None:
        """Begin with nothing; a process can have one record only."""
        self.read: dict[str, Signature] = {}
        self._who: dict[str, tuple[str, str]] = {}  # by what was done: a module and its file
        self._directory = os.getcwd()  # noqa: PTH109 - it is only compared.
        self._descriptors = set(_descriptors())
        self._listens = False
        # It stays: https://docs.python.org/3/library/sys.html#sys.addaudithook
        sys.addaudithook(self._hear)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record what happens within the block."""
        original = atexit.register

        def register(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1)  # noqa: SLF001 - as Python's own warnings do.
            # Packages look after what is theirs, whatever process they are in.
            if not is_foreign(caller.f_code.co_filename):
                self._blame(_AT_EXIT, caller)
            return original(function, *args, **kwargs)

        vars(atexit)["register"] = register
        self._listens = True
        try:
            yield
        finally:
            self._listens = False
            vars(atexit)["register"] = original

    def note(self, path: str) -> None:
        """Note that a file or folder was read."""
        path = os.path.realpath(path)
        if path not in self.read and not path.startswith(_SYSTEM) and not is_installed(path):
            self.read[path] = signature(path)

    def misdeed(self) -> tuple[str, str, str] | None:
        """Return what processes cannot share, and the module that does it, with its file.

        The module is empty if it is not known, as when an installed package does it by itself.
        """
        for found, does in (
            (os.getcwd() != self._directory, _DIRECTORY),  # noqa: PTH109
            (_threads() > 1, _THREAD),
            (_FOLDER in self._who, _FOLDER),
            (_AT_EXIT in self._who, _AT_EXIT),
        ):
            if found:
                return (*self._who.get(does, ("", "")), does)
        logs = set(_logs())
        for descriptor, mode in _descriptors().items():
            if descriptor in self._descriptors or stat.S_ISCHR(mode) or descriptor in logs:
                continue
            does = _FILE if stat.S_ISREG(mode) else _CONNECTION
            return (*self._who.get(does, ("", "")), does)
        return None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._listens or not (event in _READS or event in _OPENS):
            return
        caller = sys._getframe(1)  # noqa: SLF001 - as Python's own warnings do.
        # Modules and where they might be: what the snapshot holds is known by itself.
        if _IMPORTLIB.search(caller.f_code.co_filename):
            return
        is_open = event == "open"
        if is_open and not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        if event in _READS and not (is_open and _writes(arguments[2])):
            path = arguments[0] or "."
            if not isinstance(path, int):
                self.note(os.fsdecode(path))
        if event in _OPENS:
            self._blame(_OPENS[event], caller)

    def _blame(self, does: str, frame: FrameType | None) -> None:
        while frame is not None and is_foreign(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            self._who[does] = (str(frame.f_globals.get("__name__")), frame.f_code.co_filename)


def _writes(flags: int) -> bool:
    return flags & os.O_ACCMODE != os.O_RDONLY


def _threads() -> int:
    """Return how many threads there are, if it can be told those of compiled libraries included."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return threading.active_count()


def _descriptors() -> dict[int, int]:
    """Return the open descriptors, with what `stat()` calls their mode."""
    found = {}
    for path in Path("/dev/fd").iterdir():
        try:
            found[int(path.name)] = os.fstat(int(path.name)).st_mode
        except OSError:  # That of the list itself.
            continue
    return found


def _logs() -> Iterator[int]:
    """Yield the descriptors of log files: several processes may write to one."""
    for logger in [logging.root, *logging.root.manager.loggerDict.values()]:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.FileHandler) and handler.stream:
                yield handler.stream.fileno()
