"""Imports modules in advance in the zygote, and finds out which it must leave to the generations.

A module is left out if its import here would not be what it is in a generation: it fails without
the settings or the project, asks for the settings, keeps a thread or a file open, or imports
another module that does. To find out without doing it, a child tries first. So the zygote holds
no module that is half-way done, and none whose state depends on what is not there.

The zygote loads this file by its path, so it imports the standard library only.
"""

import importlib.abc
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .importing import Reasons, import_module, watched
from .trial import Trial

_PROJECT = "belongs to the project"


class Preload:
    """Imports modules one by one, after a child has tried them."""

    def __init__(self, in_child: Callable[[], None]) -> None:
        """Begin with nothing; the child calls `in_child` first, to let go of what is not for it."""
        self._in_child = in_child
        self._untried: list[str] = []
        self._trial: Trial | None = None
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

    @property
    def is_done(self) -> bool:
        """Whether all is imported that can be, of what is known so far."""
        return not self._ready and self._trial is None

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
        with watched({}) as reasons:
            import_module(name, reasons)
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
            self._trial = Trial(names, self._refusal.reasons, self._in_child)


class _Refusal(importlib.abc.MetaPathFinder):
    """Refuses to import what is left out, and whatever belongs to the project."""

    def __init__(self) -> None:
        self.reasons: Reasons = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        del path, target
        if name in self.reasons:
            raise ModuleNotFoundError(f"{name} is left to the generations.", name=name)
