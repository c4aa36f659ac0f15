"""Turns what happens to files into batches of changed paths.

Nothing that happens to a file or folder ends the watching: what fails is begun anew, and a comparison of the
files from before and after finds what has changed meanwhile.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    EVENT_TYPE_CLOSED,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
)

from .batch import Batch, Changes
from .filters import FileFilter
from .observation import HAS_CLOSE_EVENTS, LimitReachedError, Observation
from .report import Report
from .tree import PACKAGE_SUFFIXES, Signature, Tree, identity

# Seconds between two looks at the files where there are no events, and else at whether the
# observation is alive.
_INTERVAL = 0.5

# Seconds after which an empty file that has come is taken to stay empty.
_STAYS_EMPTY = 0.1

# Failures within a minute after which events are given up, and the files are looked at instead.
_MOST_FAILURES = 3

_WRITTEN = EVENT_TYPE_CLOSED if HAS_CLOSE_EVENTS else EVENT_TYPE_MODIFIED


class Watcher:
    """Watches a project folder, folder by folder, so that ignored ones cost nothing."""

    def __init__(
        self,
        file_filter: FileFilter,
        post: Callable[[Changes], None],
        report: Report,
        *,
        packages: Path | None = None,
        poll: bool = False,
    ) -> None:
        """Watch the project's folder and what else `file_filter` names.

        `post` is called in the event loop that runs when the watcher starts. `packages` is
        the site-packages folder, where only the coming and going of a package counts. `poll`
        looks at the files twice a second instead of relying on events.
        """
        self._filter = file_filter
        self._post = post
        self._report = report
        self._packages = packages
        self._poll = poll
        self._tops = [file_filter.root, *file_filter.extra]
        self._tree = Tree(file_filter, packages=packages)
        self._observation: Observation | None = None
        self._has_begun = False
        self._failures: list[float] = []  # times of the monotonic clock
        self._look_fails = False
        self._root_is_missing = False
        self._batch = Batch(self._hand_over)
        self._keeper: asyncio.Task[None] | None = None

    @property
    def polls(self) -> bool:
        """Whether the watcher looks at the files itself, by choice or for want of watches."""
        return self._poll

    def start(self) -> None:
        """Begin to watch; polls, and says so, where the system has no watch left."""
        self._guarded(self._begin)
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def stop(self) -> None:
        """Stop watching; a batch that is not complete is forgotten."""
        self._batch.forget()
        if self._keeper is not None:
            self._keeper.cancel()
        self._end_observation()

    def add(self, folder: Path) -> None:
        """Watch `folder`, too: a running generation has loaded project code from it."""
        if folder not in self._tops and os.path.isdir(folder):
            self._tops.append(folder)
            if str(folder) not in self._tree.folders:
                self._guarded(self._tree.look_at_top, folder)

    def _begin(self) -> None:
        """Place all watches, and compare the files with what they were before, if that is known."""
        self._end_observation()
        if not self._poll:
            self._observe()
        self._adopt(self._look())

    def _observe(self) -> None:
        loop = asyncio.get_running_loop()

        def on_event(event: FileSystemEvent) -> None:
            loop.call_soon_threadsafe(self._take, observation, event)

        def on_overflow() -> None:
            loop.call_soon_threadsafe(self._overflowed, observation)

        observation = self._observation = Observation(on_event, on_overflow)

    def _end_observation(self) -> None:
        observation, self._observation = self._observation, None
        if observation is not None:
            # It may be half dead, and nothing of it is used any more.
            with contextlib.suppress(Exception):
                observation.stop()

    def _look(self) -> Tree:
        """Look at all files; with an observation, place the watches on the way."""
        enter = self._observation.watch if self._observation else None
        tree = Tree(self._filter, packages=self._packages, enter=enter)
        tree.look_at_packages()
        for top in list(self._tops):
            tree.look_at_top(top)
        return tree

    def _adopt(self, tree: Tree) -> None:
        before, self._tree = self._tree, tree
        if self._has_begun:
            self._collect_differences(before.files(), tree.files())
        self._has_begun = True

    async def _keep(self) -> None:
        """Look again and again: at the files, or at whether events still come."""
        while True:
            await asyncio.sleep(_INTERVAL)
            if self._lacks_root():
                continue
            if self._poll:
                await self._look_again()
            else:
                self._guarded(self._check)

    def _lacks_root(self) -> bool:
        """Tell whether the project's folder is gone; the worker goes on until it is back."""
        was_missing = self._root_is_missing
        self._root_is_missing = identity(str(self._filter.root)) is None
        if self._root_is_missing and not was_missing:
            self._report.root_is_missing()
        elif was_missing and not self._root_is_missing:
            self._guarded(self._begin)
        return self._root_is_missing

    async def _look_again(self) -> None:
        try:
            self._adopt(await asyncio.to_thread(self._look))
        except Exception as error:  # noqa: BLE001 - said, and tried again.
            if not self._look_fails:
                self._report.look_failed(error)
            self._look_fails = True
        else:
            self._look_fails = False

    def _check(self) -> None:
        """Find out whether each thread and each watch is still there; begin anew if not."""
        if self._observation is None or not self._observation.is_alive():
            raise RuntimeError("a thread that reads the events has ended")
        stale = self._tree.is_stale()
        for folder in self._observation.ended():
            if folder in self._tree.tops:
                stale = True
            else:
                self._refresh(folder)
        if stale:
            self._begin()

    def _guarded(self, step: Callable[..., object], *arguments: object) -> None:
        """Take a step, and begin anew if it fails: no exception ends the watching."""
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001 - said, and nothing that it hid is lost.
            self._begin_anew(error)

    def _begin_anew(self, error: Exception) -> None:
        """Begin anew after a failure, and poll if events are of no use here."""
        failure: Exception | None = error
        while failure is not None and not self._poll:
            error = failure
            now = time.monotonic()
            self._failures = [*(at for at in self._failures if at > now - 60), now]
            no_watch_left = isinstance(error, LimitReachedError)
            self._poll = no_watch_left or len(self._failures) >= _MOST_FAILURES
            try:
                self._begin()
            except Exception as again:  # noqa: BLE001 - a poll, at the latest, is tried on and on.
                failure = again
            else:
                failure = None
        if isinstance(error, LimitReachedError):
            self._report.polling()
        else:
            self._report.watching_failed(error, polls=self._poll)

    def _take(self, observation: Observation, event: FileSystemEvent) -> None:
        if observation is self._observation:
            self._guarded(self._consider, event)

    def _overflowed(self, observation: Observation) -> None:
        if observation is self._observation:
            self._guarded(self._begin)

    def _consider(self, event: FileSystemEvent) -> None:
        source, destination = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if event.event_type in {EVENT_TYPE_DELETED, EVENT_TYPE_MOVED} and source:
            self._left(source)
        if event.event_type == EVENT_TYPE_MOVED and destination:
            self._arrived(destination)
        if event.event_type == EVENT_TYPE_CREATED:
            self._arrived(source)
        if event.event_type == _WRITTEN:
            self._written(source)

    def _left(self, path: str) -> None:
        self._led_through(path)
        if path in self._tree.folders:
            if path not in self._tree.tops:
                self._refresh(path)
        elif self._counts(path):
            self._collect(path, self._tree.known(path))

    def _arrived(self, path: str) -> None:
        self._led_through(path)
        if os.path.isdir(path) and not self._is_package(path):
            folder = self._tree.folders.get(path)
            if folder is None or folder.identity != identity(path):
                self._refresh(path)
        elif self._counts(path):
            if HAS_CLOSE_EVENTS and not self._is_package(path) and _is_empty(path):
                # The content usually follows, and with it the event that the file was closed.
                loop = asyncio.get_running_loop()
                loop.call_later(_STAYS_EMPTY, self._guarded, self._stayed, path)
            else:
                self._collect(path, self._tree.known(path))

    def _stayed(self, path: str) -> None:
        if self._tree.known(path) is None and self._counts(path):
            self._collect(path, None)

    def _written(self, path: str) -> None:
        self._led_through(path)
        if self._counts(path):
            self._collect(path, self._tree.known(path))

    def _led_through(self, path: str) -> None:
        """Take note of the links that lead to `path` or through it."""
        for link in self._tree.led_astray(path):
            if link in self._tree.folders or os.path.isdir(link):
                self._refresh(link)
            else:
                self._collect(link, self._tree.known(link))

    def _refresh(self, top: str) -> None:
        """Watch a folder that is new here, and let go of one that is not here any more."""
        before = self._tree.forget(top)
        if self._observation is not None:
            self._observation.unwatch(top)
        if Path(top) in self._tops:
            self._tree.look_at_top(Path(top))
        elif self._is_to_be_watched(top):
            self._tree.look(top)
        self._collect_differences(before, self._tree.below(top))

    def _is_to_be_watched(self, folder: str) -> bool:
        if not os.path.isdir(folder) or os.path.dirname(folder) not in self._tree.folders:
            return False
        return not self._filter.ignores(Path(folder))

    def _counts(self, path: str) -> bool:
        if self._is_package(path):
            return path.endswith(PACKAGE_SUFFIXES)
        return os.path.dirname(path) in self._tree.folders and self._filter.counts(Path(path))

    def _is_package(self, path: str) -> bool:
        return self._packages is not None and os.path.dirname(path) == str(self._packages)

    def _collect_differences(
        self, before: dict[str, Signature], after: dict[str, Signature]
    ) -> None:
        for path in before.keys() | after.keys():
            if before.get(path) != after.get(path):
                self._collect(path, before.get(path))

    def _collect(self, path: str, before: Signature | None) -> None:
        self._batch.add(path, before, package=self._is_package(path))

    def _hand_over(self, touched: list[str], changes: Changes) -> None:
        self._guarded(self._note, touched)
        if changes.paths:
            self._post(changes)

    def _note(self, paths: list[str]) -> None:
        for path in paths:
            self._tree.note(path)


def _is_empty(path: str) -> bool:
    """Tell whether the file is empty, as one is that is yet to be written; a link is not."""
    try:
        return not os.path.islink(path) and os.stat(path).st_size == 0
    except OSError:
        return True
