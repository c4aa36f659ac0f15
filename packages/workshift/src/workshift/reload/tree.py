"""Remembers the folders and files that count as they were when they were last looked at.

Two trees, from before and after a time without a watch, tell what has changed meanwhile.
"""

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .filters import FileFilter

# Time of the last change in nanoseconds, size and inode.
Signature = tuple[int, int, int]

# Device and inode.
_Identity = tuple[int, int]

# Errors that say nothing of a folder: the process or the system has reached a limit.
_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})

_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})

# As many links as Linux follows on the way to a file.
_MOST_LINKS = 40

# In the folder of installed packages, what comes and goes with a package.
PACKAGE_SUFFIXES = (".dist-info", ".pth")


@dataclass
class _Folder:
    identity: _Identity
    files: dict[str, Signature] = field(default_factory=dict)


class Tree:
    """The files that count in the project, and in what else is watched."""

    def __init__(
        self,
        file_filter: FileFilter,
        *,
        packages: Path | None,
        enter: Callable[[str], None] | None = None,
    ) -> None:
        """Begin with nothing; `look()` adds to it.

        `packages` is the site-packages folder. `enter` is called with each folder before its
        content is read, so that a watch can be placed without a gap.
        """
        # The tops: folders whose own coming and going nothing above them tells of.
        self.tops: dict[str, _Identity | None] = {}
        self.folders: dict[str, _Folder] = {}
        self._filter = file_filter
        self._packages = str(packages) if packages else None
        self._enter = enter or (lambda _folder: None)
        self._single: dict[str, Signature | None] = {}  # files that are watched one by one
        self._targets: dict[str, str] = {}  # of links, and of single files: what they lead to
        self._led: defaultdict[str, set[str]] = defaultdict(set)  # by a folder: links through it

    def look_at_top(self, path: Path) -> None:
        """Look at a file or folder with all that counts in it; it is a top from now on."""
        if os.path.isdir(path):
            self.tops[str(path)] = identity(str(path))
            self.look(str(path))
        else:
            self._single[str(path)] = None
            self.note(str(path))

    def look_at_packages(self) -> None:
        """Look at which packages are installed."""
        if self._packages is not None:
            self.tops[self._packages] = identity(self._packages)
            self._read(self._packages)

    def look(self, top: str) -> None:
        """Look at the folder `top` and all below; raise `OSError` at a limit of the system.

        A folder that cannot be read is passed over, and is a top as long as it cannot.
        """
        if os.path.islink(top):
            self._follow(top)
        # With each folder goes its real name, by which one is known that links lead to again.
        waiting = [(top, os.path.realpath(top))]
        seen = set()
        while waiting:
            folder, real = waiting.pop()
            if folder != real:
                if real in seen or real in self.folders:
                    continue
                seen.add(real)
            for name, is_link in self._read(folder):
                path = os.path.join(folder, name)
                below = os.path.join(real, name)
                waiting.append((path, os.path.realpath(path) if is_link else below))

    def forget(self, top: str) -> dict[str, Signature]:
        """Forget the folder `top` and all below, and return the files that were known there."""
        files: dict[str, Signature] = {}
        for folder in [path for path in self.folders if is_at_or_below(path, top)]:
            files |= self.folders.pop(folder).files
        for link in [path for path in self._targets if is_at_or_below(path, top)]:
            self._unfollow(link)
        return files

    def known(self, path: str) -> Signature | None:
        """Return the signature of a file when it was last looked at; None: there was none."""
        folder = self.folders.get(os.path.dirname(path))
        return folder.files.get(path) if folder else self._single.get(path)

    def note(self, path: str) -> Signature | None:
        """Look at a file again, and return its signature."""
        seen = signature(path)
        self._unfollow(path)
        if path in self._single or os.path.islink(path):
            self._follow(path)
        if path in self._single:
            self._single[path] = seen
        if folder := self.folders.get(os.path.dirname(path)):
            folder.files.pop(path, None)
            if seen is not None:
                folder.files[path] = seen
        return seen

    def led_astray(self, path: str) -> list[str]:
        """Return the links that mean something else since `path` has changed."""
        return [
            link
            for link in self._led.get(os.path.dirname(path), ())
            if path in {link, self._targets[link]} or os.path.realpath(link) != self._targets[link]
        ]

    def below(self, top: str) -> dict[str, Signature]:
        """Return the files that are known in the folder `top` and below."""
        files: dict[str, Signature] = {}
        for path, folder in self.folders.items():
            if is_at_or_below(path, top):
                files |= folder.files
        return files

    def files(self) -> dict[str, Signature]:
        """Return all files that are known."""
        files = {path: seen for path, seen in self._single.items() if seen is not None}
        for folder in self.folders.values():
            files |= folder.files
        return files

    def is_stale(self) -> bool:
        """Tell whether a top has come, gone or been replaced since it was looked at."""
        return any(identity(top) != known for top, known in self.tops.items())

    def _read(self, folder: str) -> Iterator[tuple[str, bool]]:
        """Note the files in `folder`, and yield its folders, and whether each is a link."""
        self._enter(folder)
        try:
            status = os.stat(folder)
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError as error:
            if error.errno in _LIMITS:
                raise
            if error.errno not in _GONE:
                self.tops[folder] = None
            return iter(())
        files = {}
        folders = []
        for entry in found:
            if folder == self._packages:
                counts = entry.name.endswith(PACKAGE_SUFFIXES)
            elif _is_folder(entry):
                if not self._filter.ignores(Path(entry.path)):
                    folders.append((entry.name, entry.is_symlink()))
                    if entry.is_symlink():
                        self._follow(entry.path)
                continue
            else:
                counts = self._filter.counts(Path(entry.path))
            if counts:
                if entry.is_symlink():
                    self._follow(entry.path)
                if (seen := signature(entry.path)) is not None:
                    files[entry.path] = seen
        self.folders[folder] = _Folder((status.st_dev, status.st_ino), files)
        return iter(folders)

    def _follow(self, link: str) -> None:
        """Watch the folders on the way from `link` to what it means."""
        self._targets[link] = os.path.realpath(link)
        for folder in _ways(link):
            self._led[folder].add(link)
            if folder not in self.folders:
                self.tops.setdefault(folder, identity(folder))
                self._enter(folder)

    def _unfollow(self, link: str) -> None:
        if self._targets.pop(link, None) is not None:
            for links in self._led.values():
                links.discard(link)


def signature(path: str) -> Signature | None:
    """Return the signature of the file at `path`, or None if there is none that can be seen."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if stat.S_ISDIR(status.st_mode):  # An installed package: only its coming and going counts.
        return (0, 0, status.st_ino)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def identity(folder: str) -> _Identity | None:
    """Tell folders at the same path apart; None: there is none that can be read."""
    try:
        with os.scandir(folder):
            status = os.stat(folder)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def is_at_or_below(path: str, top: str) -> bool:
    """Tell whether `path` is `top` or lies in it."""
    return path == top or path.startswith(top + os.sep)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link into a folder that is forbidden, or to itself.
        return False


def _ways(path: str) -> Iterator[str]:
    """Yield each folder in which a link stands on the way to `path`, and the one where it ends."""
    folder = os.sep
    names = path.split(os.sep)
    links = 0
    while names:
        name = names.pop(0)
        here = os.path.normpath(os.path.join(folder, name))
        target = _target(here) if links < _MOST_LINKS else None
        if target is not None:
            links += 1
            yield folder
            names = target.split(os.sep) + names
            if target.startswith(os.sep):
                folder = os.sep
        elif names:
            folder = here
    yield folder


def _target(link: str) -> str | None:
    try:
        return os.readlink(link)
    except OSError:  # It is no link.
        return None
