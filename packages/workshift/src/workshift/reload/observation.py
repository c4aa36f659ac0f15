"""Observes folders with watchdog, one watch for each, and tells whether that is alive."""

import errno
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

from .tree import is_at_or_below

# Only Linux says when a file has been closed after writing; there, "modified" comes too early.
HAS_CLOSE_EVENTS = sys.platform == "linux"

_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent if HAS_CLOSE_EVENTS else FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
]

# watchdog 7 brought it: one instance of inotify, and one reader, for all folders. Before, each folder
# has its own, and the system gives a user 128.
_HAS_ONE_READER = False
if sys.platform == "linux":
    from watchdog.observers import inotify_c
    from watchdog.observers.inotify import InotifyEmitter

    _HAS_ONE_READER = hasattr(inotify_c, "InotifyFD")

_LIMIT_REACHED = frozenset({errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class LimitReachedError(Exception):
    """The system has no watch left."""


if sys.platform != "linux":

    def _new_observer(on_overflow: Callable[[], None]) -> BaseObserver:  # noqa: ARG001
        return Observer()

elif _HAS_ONE_READER:
    from watchdog.observers.inotify_c import InotifyEvent, InotifyFD

    class _Reader(InotifyFD):
        """Reads the system's events, and tells of it when the system had to throw some away."""

        def __init__(self, on_overflow: Callable[[], None]) -> None:
            super().__init__()
            self._on_overflow = on_overflow

        def handle_event(self, event: InotifyEvent) -> None:
            if event.is_queue_overflow:
                self._on_overflow()
            else:
                super().handle_event(event)

    class _InotifyObserver(BaseObserver):
        """Watchdog's observer for Linux, but with a reader that is known.

        If the reader's thread ends, no event comes, and watchdog's own observer tells nobody
        (https://github.com/gorakhargosh/watchdog/issues/663).
        """

        def __init__(self, on_overflow: Callable[[], None]) -> None:
            self.reader = _Reader(on_overflow)
            self.reader.start()
            super().__init__(InotifyEmitter, inotify_fd=self.reader)

        def is_alive(self) -> bool:
            return super().is_alive() and self.reader.is_alive()

        def on_thread_stop(self) -> None:
            super().on_thread_stop()
            self.reader.stop()
            self.reader.join()

    def _new_observer(on_overflow: Callable[[], None]) -> BaseObserver:
        return _InotifyObserver(on_overflow)

else:

    class _ManyReaders(BaseObserver):
        """Watchdog's observer for Linux, but one that looks after its readers.

        Each has a queue of the system's to itself, for one folder, which does not overflow.
        """

        def __init__(self) -> None:
            super().__init__(InotifyEmitter)

        def is_alive(self) -> bool:
            return super().is_alive() and all(map(self._reads, self.emitters))

        def _reads(self, emitter: Any) -> bool:
            reader = emitter._inotify  # noqa: SLF001 - watchdog has no accessor.
            # It ends with its folder, a moment before its emitter does.
            return reader is None or reader.is_alive() or not Path(emitter.watch.path).is_dir()

    def _new_observer(on_overflow: Callable[[], None]) -> BaseObserver:  # noqa: ARG001
        return _ManyReaders()


# watchdog 7 brought the option; before, links are always followed.
_HAS_OPTION = "follow_symlink" in inspect.signature(ObservedWatch).parameters
_FOLLOWING: dict[str, Any] = {"follow_symlink": True} if _HAS_OPTION else {}


class Observation(FileSystemEventHandler):
    """Watches folders one by one, from its beginning to its end or its death."""

    def __init__(
        self, on_event: Callable[[FileSystemEvent], None], on_overflow: Callable[[], None]
    ) -> None:
        """Begin; both callables are called in threads of watchdog's, and must not raise.

        `on_overflow` means that events have been lost. Raises `LimitReachedError`.
        """
        self._on_event = on_event
        self._watches: dict[str, ObservedWatch] = {}
        try:
            self._observer = _new_observer(on_overflow)
        except OSError as error:
            raise LimitReachedError from error
        self._observer.start()

    def watch(self, folder: str) -> None:
        """Watch `folder`, but none below; raise `LimitReachedError` if no watch is left.

        A folder that is not there any more, or is forbidden, is passed over.
        """
        if folder in self._watches:
            return
        try:
            self._watches[folder] = self._observer.schedule(
                self, folder, recursive=False, event_filter=_EVENTS, **_FOLLOWING
            )
        except OSError as error:
            if error.errno in _LIMIT_REACHED:
                raise LimitReachedError from error

    def unwatch(self, top: str) -> None:
        """Let go of the folder `top` and of all below."""
        for folder in [path for path in self._watches if is_at_or_below(path, top)]:
            self._observer.unschedule(self._watches.pop(folder))

    def is_alive(self) -> bool:
        """Tell whether all threads are alive that an event passes through."""
        return self._observer.is_alive() and all(
            # An emitter that was told to stop has seen its folder go.
            emitter.is_alive() or not emitter.should_keep_running()
            for emitter in self._observer.emitters
        )

    def ended(self) -> list[str]:
        """Return the folders whose watch has ended since they are gone or were replaced."""
        ended = {
            emitter.watch
            for emitter in self._observer.emitters
            if not emitter.should_keep_running()
        }
        return [folder for folder, watch in self._watches.items() if watch in ended]

    def stop(self) -> None:
        """Let go of everything."""
        self._observer.stop()
        self._observer.join()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take an event from watchdog, in its thread.

        An exception would end the thread without a word:
        https://github.com/gorakhargosh/watchdog/issues/793
        """
        self._on_event(event)
