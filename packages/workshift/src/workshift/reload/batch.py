"""Collects what happens to files until a moment is quiet."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .tree import Signature, signature

# Seconds without an event after which a batch is complete. One file is one save, and somebody is
# waiting for it; several come in bursts, as from `git checkout`, and each reload starts a worker.
_QUIET_AFTER_ONE = 0.015
_QUIET_AFTER_SEVERAL = 0.05

# Seconds after which a batch is complete although files are still being written.
_LONGEST = 1.0


@dataclass
class Changes:
    """What has changed since the last batch, and when the first of it was seen."""

    paths: set[Path] = field(default_factory=set)
    seen_at: float = field(default_factory=time.monotonic)  # seconds of the monotonic clock
    packages: bool = False  # the installed packages changed
    came_or_went: set[Path] = field(default_factory=set)  # those that are new, or gone


class Batch:
    """Collects changed files, and hands them over when it has been quiet for a moment."""

    def __init__(self, on_complete: Callable[[list[str], Changes], None]) -> None:
        """Begin empty.

        `on_complete` is called with all paths to which something happened, and with what has
        really changed, which may be nothing.
        """
        self._on_complete = on_complete
        self._before: dict[str, Signature | None] = {}
        self._changes: Changes | None = None
        self._timer: asyncio.TimerHandle | None = None

    def add(self, path: str, before: Signature | None, *, package: bool) -> None:
        """Add a file, with its signature from `before`, in the running event loop."""
        if self._changes is None:
            self._changes = Changes()
        self._before.setdefault(path, before)
        self._changes.packages |= package
        if self._timer is not None:
            if time.monotonic() - self._changes.seen_at > _LONGEST:
                return
            self._timer.cancel()
        quiet = _QUIET_AFTER_ONE if len(self._before) == 1 else _QUIET_AFTER_SEVERAL
        self._timer = asyncio.get_running_loop().call_later(quiet, self._complete, self._changes)

    def forget(self) -> None:
        """Hand nothing over any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _complete(self, changes: Changes) -> None:
        before, self._before = self._before, {}
        self._changes, self._timer = None, None
        # What has come and gone within a batch, as an editor's own files do, has never been there.
        for path, known in before.items():
            now = signature(path)
            if known is not None or now is not None:
                changes.paths.add(Path(path))
            if (known is None) != (now is None):
                changes.came_or_went.add(Path(path))
        self._on_complete(list(before), changes)
