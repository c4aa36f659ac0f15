"""The watcher: turns file events into batches of changed paths that a worker has to know of."""

import asyncio
import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserverVFS

from .rules import Rules

# Seconds without an event after which a batch is complete. One file is one save, and somebody is
# waiting for it; several come in bursts, as from `git checkout`, and each reload starts a worker.
_QUIET_AFTER_ONE = 0.015
_QUIET_AFTER_SEVERAL = 0.05

# Seconds after which a batch is complete although files are still being written.
_LONGEST_BATCH = 1.0

# Seconds between two looks where the file system sends no events.
_POLL_INTERVAL = 0.5

# Only Linux says when a file has been closed after writing; there, "modified" comes too early.
_HAS_CLOSE_EVENTS = sys.platform == "linux"

_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent if _HAS_CLOSE_EVENTS else FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
]

_LIMIT_REACHED = frozenset({errno.ENOSPC, errno.EMFILE})


@dataclass
class Changes:
    """What has changed since the last batch, and when the first of it was seen."""

    paths: set[Path] = field(default_factory=set)
    seen_at: float = field(default_factory=time.monotonic)  # seconds of the monotonic clock
    packages: bool = False  # the installed packages changed


class Watcher(FileSystemEventHandler):
    """Watches a project folder, folder by folder, so that ignored ones cost nothing."""

    def __init__(
        self,
        rules: Rules,
        on_change: Callable[[Changes], None],
        *,
        packages: Path | None = None,
        poll: bool = False,
    ) -> None:
        """Watch the project's folder and what else the `rules` name.

        `on_change` is called in the event loop that runs when the watcher starts. `packages` is
        the site-packages folder, where only the coming and going of a package counts. `poll`
        looks at the files twice a second instead of relying on events.
        """
        self._rules = rules
        self._on_change = on_change
        self._packages = packages
        self._poll = poll
        self._observer: BaseObserver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched: dict[str, ObservedWatch] = {}
        self._pending: Changes | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def polls(self) -> bool:
        """Whether the watcher looks at the files itself, by choice or for want of watches."""
        return self._poll

    def start(self) -> None:
        """Begin to watch; polls where the system has no watch left (see `polls`)."""
        self._loop = asyncio.get_running_loop()
        if not self._poll:
            try:
                self._observe(Observer())
            except OSError as error:
                if error.errno not in _LIMIT_REACHED:
                    raise
                self.stop()
                self._poll = True
        if self._poll:
            self._watched.clear()
            self._observe(PollingObserverVFS(os.stat, self._scan, polling_interval=_POLL_INTERVAL))

    def stop(self) -> None:
        """Stop watching; a batch that is not complete is forgotten."""
        if self._timer is not None:
            self._timer.cancel()
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def add(self, folder: Path) -> None:
        """Watch `folder`, too: a running generation has loaded project code from it."""
        if self._observer is not None and folder.is_dir():
            self._watch(self._observer, folder)

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take an event from watchdog (called in its thread)."""
        for name in (event.src_path, event.dest_path):
            if name:
                self._consider(event, Path(os.fsdecode(name)))

    def _observe(self, observer: BaseObserver) -> None:
        self._observer = observer
        observer.start()
        for folder in (self._rules.root, *self._rules.extra):
            self._watch(observer, folder)
        if self._packages is not None and not self._poll:
            observer.schedule(self, str(self._packages), recursive=False)

    def _watch(self, observer: BaseObserver, top: Path) -> None:
        if self._poll:
            if str(top) not in self._watched:
                self._watched[str(top)] = observer.schedule(self, str(top), recursive=True)
            return
        for path in self._folders(top) if top.is_dir() else [str(top)]:
            if path not in self._watched:
                with contextlib.suppress(FileNotFoundError):  # Gone again already.
                    self._watched[path] = observer.schedule(
                        self, path, recursive=False, follow_symlink=True, event_filter=_EVENTS
                    )

    def _folders(self, top: Path) -> Iterator[str]:
        """Yield the folders at and below `top` that are to be watched, following links once."""
        seen = set()
        for folder, names, _ in os.walk(top, followlinks=True):
            real = Path(folder).resolve()
            if real in seen:  # A link to a folder above itself.
                names.clear()
                continue
            seen.add(real)
            names[:] = [name for name in names if not self._rules.ignores(Path(folder) / name)]
            yield folder

    def _scan(self, folder: str | None) -> Iterator[os.DirEntry[str]]:
        """List `folder` for polling, without what is ignored."""
        with os.scandir(folder or self._rules.root) as entries:
            for entry in entries:
                if not (entry.is_dir() and self._rules.ignores(Path(entry.path))):
                    yield entry

    def _consider(self, event: FileSystemEvent, path: Path) -> None:
        if path.parent == self._packages:
            if path.suffix in {".dist-info", ".pth"}:
                self._report(path, packages=True)
        elif isinstance(event, DirCreatedEvent | DirDeletedEvent | DirMovedEvent):
            self._consider_folder(path)
        elif self._counts(event, path):
            self._report(path)

    def _consider_folder(self, path: Path) -> None:
        """Watch a folder that is new here, and let go of one that is not here any more."""
        if self._observer is None:
            return
        if watch := self._watched.pop(str(path), None):
            self._observer.unschedule(watch)
            if not path.is_dir():
                self._report(path)
        if path.is_dir() and not self._rules.ignores(path):
            self._watch(self._observer, path)
            # What was written into it before the watch was there counts.
            for folder in self._folders(path):
                for file in Path(folder).iterdir():
                    if file.is_file() and self._rules.counts(file):
                        self._report(file)

    def _counts(self, event: FileSystemEvent, path: Path) -> bool:
        if isinstance(event, FileModifiedEvent) and _HAS_CLOSE_EVENTS and not self._poll:
            return False
        if isinstance(event, FileCreatedEvent) and not self._poll and _is_empty(path):
            # The content follows, and with it the event that the file has been closed.
            return False
        return self._rules.counts(path)

    def _report(self, path: Path, *, packages: bool = False) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._collect, path, packages)

    def _collect(self, path: Path, packages: bool) -> None:  # noqa: FBT001 - a callback.
        if self._pending is None:
            self._pending = Changes()
        self._pending.paths.add(path)
        self._pending.packages |= packages
        if self._timer is not None:
            if time.monotonic() - self._pending.seen_at > _LONGEST_BATCH:
                return
            self._timer.cancel()
        quiet = _QUIET_AFTER_ONE if len(self._pending.paths) == 1 else _QUIET_AFTER_SEVERAL
        self._timer = asyncio.get_running_loop().call_later(quiet, self._complete)

    def _complete(self) -> None:
        changes, self._pending, self._timer = self._pending, None, None
        if changes is not None:
            self._on_change(changes)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return True
