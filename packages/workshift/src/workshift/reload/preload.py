"""What the zygote imports in advance, and what it must leave to the generations.

A module is left out if its import here would not be what it is in a generation: it fails without
the settings or the project, asks for the settings, keeps a thread or a file open, or imports
another module that does. To find out without doing it, a child tries first. So the zygote holds
no module that is half-way done, and none whose state depends on what is not there.

The zygote loads this file by its path, so it imports the standard library only.
"""

import builtins
import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

# By module, why it is left out.
Reasons = dict[str, str]

# By module, what it imports.
Imports = dict[str, set[str]]

# Seconds that a child may take for one module.
_LONGEST_IMPORT = 60

_PROJECT = "belongs to the project"


class Preload:
    """Imports modules one by one, after a child has tried them."""

    def __init__(self, in_child: Callable[[], None]) -> None:
        """Begin with nothing; the child calls `in_child` first, to let go of what is not for it."""
        self._in_child = in_child
        self._untried: list[str] = []
        self._trial: _Trial | None = None
        self._ready: list[str] = []
        self._refusal = _Refusal()
        sys.meta_path.insert(0, self._refusal)

    @property
    def trial(self) -> int | None:
        """What becomes readable when `hear()` has something to do; None while nothing is tried."""
        return self._trial.fileno() if self._trial else None

    @property
    def waiting(self) -> bool:
        """Whether there is a module that `step()` would import."""
        return bool(self._ready)

    def add(self, names: Iterable[str], own: Iterable[str], left_out: Reasons) -> None:
        """Import `names` in time.

        `own` are the project's modules, `left_out` what an earlier zygote has found out.
        """
        self._refusal.reasons |= {**left_out, **dict.fromkeys(own, _PROJECT)}
        self._untried += names
        self._try()

    def hear(self) -> Reasons:
        """Listen to the child; return what is left out from now on, if it has come to an end."""
        trial = self._trial
        if trial is None or not trial.hear():
            return {}
        self._trial = None
        self._refusal.reasons |= trial.reasons
        self._untried = [*trial.untried, *self._untried]
        self._ready += [name for name in trial.tried if name not in trial.reasons]
        self._try()
        return trial.reasons

    def step(self) -> Reasons:
        """Import one module; return why it should not have been, if that shows only now."""
        name = self._ready.pop(0)
        if name in sys.modules:
            return {}
        with _watched({}) as reasons:
            _import(name, reasons)
        return reasons

    def stop(self) -> None:
        """End the child, if there is one."""
        if self._trial:
            self._trial.stop()

    def leave_no_trace(self) -> None:
        """Be gone from a generation that has been forked."""
        sys.meta_path.remove(self._refusal)
        if self._trial:
            self._trial.close()

    def _try(self) -> None:
        names = [name for name in self._untried if name not in self._refusal.reasons]
        if names and self._trial is None:
            self._untried = []
            self._trial = _Trial(names, self._refusal.reasons, self._in_child)


class _Refusal(importlib.abc.MetaPathFinder):
    """Refuses to import what is left out, and whatever belongs to the project."""

    def __init__(self) -> None:
        self.reasons: Reasons = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        del path, target
        if name in self.reasons:
            raise ModuleNotFoundError(f"{name} is left to the generations.", name=name)


class _Trial:
    """A child that imports modules, and what it says of them."""

    def __init__(self, names: Sequence[str], known: Reasons, in_child: Callable[[], None]) -> None:
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
        return self._socket.fileno()

    def hear(self) -> bool:
        """Read what has come; return whether that was all."""
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
        self._socket.close()

    def stop(self) -> None:
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
    with _watched(imports) as reasons:
        for name in names:
            imports.setdefault(name, set())
            if name not in sys.modules:
                answer.sendall(f"{name}\n".encode())
                signal.alarm(_LONGEST_IMPORT)
                if not _import(name, reasons):
                    failed.append(name)
    # Those that cannot be imported first, but have come with another one since.
    late = [name for name in failed if name in sys.modules]
    for name in late:
        del reasons[name]
    found = _with_importers({**known, **reasons}, imports)
    new = {name: reason for name, reason in found.items() if name not in known}
    answer.sendall(json.dumps([new, late]).encode())
    os._exit(0)


def _import(name: str, reasons: Reasons) -> bool:
    """Import `name`, if it can be; note in `reasons` what speaks against it."""
    before = _kept_open()
    try:
        importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, the generation says so.
        reasons.setdefault(name, f"fails without the settings ({type(error).__name__})")
        return False
    if any(now > then for now, then in zip(_kept_open(), before, strict=True)):
        reasons.setdefault(name, "starts a thread, or keeps a file or a connection open")
    return True


def _kept_open() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208 - it is called a thousand times.


@contextlib.contextmanager
def _watched(imports: Imports) -> Iterator[Reasons]:
    """Note who imports whom in `imports`; yield the reasons of those that ask for the settings."""
    reasons: Reasons = {}
    original = builtins.__import__
    with contextlib.ExitStack() as undo:
        watched: list[Any] = []

        def watch_settings() -> None:
            settings = getattr(sys.modules.get("django.conf"), "LazySettings", None)
            if settings and not watched:
                watched.append(settings)
                undo.enter_context(_noting_questions(settings, reasons))

        def noting(
            name: str,
            globals: Any = None,  # noqa: A002 - as the function is called that this stands for.
            locals: Any = None,  # noqa: A002
            fromlist: Any = (),
            level: int = 0,
        ) -> Any:
            if importer := (globals or {}).get("__name__"):
                absolute = _absolute(name, globals, level)
                names = (absolute, *(f"{absolute}.{one}" for one in fromlist or ()))
                imports.setdefault(importer, set()).update(names)
            module = original(name, globals, locals, fromlist, level)
            watch_settings()
            return module

        undo.callback(setattr, builtins, "__import__", original)
        builtins.__import__ = noting
        watch_settings()
        yield reasons


def _absolute(name: str, importer: dict[str, Any], level: int) -> str:
    if not level:
        return name
    package = importer.get("__package__") or str(importer["__name__"])
    try:
        return importlib.util.resolve_name("." * level + name, package)
    except ImportError:
        return name


@contextlib.contextmanager
def _noting_questions(settings: Any, reasons: Reasons) -> Iterator[None]:
    """Note in `reasons` each module that looks at Django's settings, or whether there are any."""
    set_up, configured = settings._setup, settings.configured  # noqa: SLF001 - Django has no hook.

    def note() -> None:
        frame: Any = sys._getframe(2)  # noqa: SLF001 - as Python's own warnings do.
        while frame is not None and frame.f_code.co_name != "<module>":
            # Signal.connect() only looks more closely at its argument while DEBUG is on.
            if frame.f_globals.get("__name__") == "django.dispatch.dispatcher":
                return
            frame = frame.f_back
        if frame is not None:
            reasons.setdefault(frame.f_globals["__name__"], "asks for the settings")

    def noted_set_up(self: Any, name: Any = None) -> None:
        note()
        set_up(self, name)

    def noted_configured(self: Any) -> bool:
        note()
        return bool(configured.fget(self))

    settings._setup, settings.configured = noted_set_up, property(noted_configured)  # noqa: SLF001
    try:
        yield
    finally:
        settings._setup, settings.configured = set_up, configured  # noqa: SLF001


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
