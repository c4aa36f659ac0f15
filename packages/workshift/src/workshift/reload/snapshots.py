"""Decides, in the supervisor, which snapshots there are, and which a generation may be forked from.

A snapshot serves as long as nothing has changed of what it holds or has read. What a change does not
certainly leave as it is, is thrown away, and made anew once the next generation is ready.
"""

import asyncio
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import messages
from .batch import Changes
from .channel import Channel, ChannelClosedError
from .events import NoSnapshot, ZygoteMisunderstood
from .filters import CONTENT_FOLDERS
from .import_record import signature
from .stopping import ABANDONED_GENERATION, ABANDONED_MORE

# How many modules are left out, at most, for the sake of files that were edited before the last one:
# each generation imports all of them. The larger of the two counts.
_FEW = 16
_SHARE = 1 / 8  # of what is imported after the set-up

# Besides `CONTENT_FOLDERS`: what code reads when it needs it, and Python code is not.
_CONTENT_SUFFIXES = frozenset({".po", ".mo"})


@dataclass(eq=False)
class _Snapshot:
    channel: Channel
    left_out: frozenset[str] = frozenset()
    held: messages.Held | None = None  # None: it is being made

    def is_stale(self) -> bool:
        """Tell whether a file that its modules have read is another one now."""
        return self.held is not None and any(
            signature(path) != read for path, read in self.held.read.items()
        )

    def is_touched(self, files: set[str], names: set[str]) -> bool:
        """Tell whether it holds one of the modules `names`, or may have read one of the files."""
        if self.held is None:
            return bool(names - self.left_out) or any(not file.endswith(".py") for file in files)
        return not (names.isdisjoint(self.held.files) and files.isdisjoint(self.held.read))


class Snapshots:
    """The snapshot of the set-up, and the one of nearly everything, as far as there are any."""

    def __init__(
        self,
        root: Path,
        kind: str,
        fork: Callable[[Channel | None, socket.socket], None],
        post: Callable[[messages.Message | NoSnapshot | ZygoteMisunderstood], None],
    ) -> None:
        """Make snapshots of the project in `root`, for generations of the module `kind`.

        `fork` has a process for one forked, by a snapshot through its channel, or by the zygote,
        with its end of a channel. What snapshots say that is not for us goes to `post`.
        """
        self._root = root
        self._kind = kind
        self._fork = fork
        self._post = post
        self._set_up: _Snapshot | None = None
        self._full: _Snapshot | None = None
        self._order: list[str] = []  # the project's modules, as a generation has imported them
        self._names: defaultdict[str, set[str]] = defaultdict(set)  # by file: of its modules
        self._imports: defaultdict[str, set[str]] = defaultdict(set)
        self._edited: list[str] = []  # modules, the last one last
        self._given_up = False  # until something changes
        self._unfit: str | None = None  # the file because of which there is none

    def usable(self) -> Iterator[tuple[str, Channel]]:
        """Yield what a generation may be forked from now, the best first, after what it is called."""
        if self._set_up and self._set_up.is_stale():
            self.forget()
        if self._full and self._full.is_stale():
            self._forget_full()
        for name, snapshot in (("snapshot", self._full), ("set-up snapshot", self._set_up)):
            if snapshot and snapshot.held:
                yield name, snapshot.channel

    def changed(self, changes: Changes) -> None:
        """Throw away what does not certainly hold the same as a process that starts now."""
        self._given_up = False
        files = {os.path.realpath(path) for path in changes.paths}
        names = set().union(*(self._names.get(file, ()) for file in files))
        is_certain = all(self._is_certain(path, changes) for path in changes.paths)
        if not is_certain or (self._set_up and self._set_up.is_touched(files, names)):
            self.forget()
        elif self._full and self._full.is_touched(files, names):
            self._forget_full()
        if not (is_certain and self._unfit) or self._unfit in files:
            self._unfit = None
        self._edited = [*(name for name in self._edited if name not in names), *sorted(names)]

    def learn(self, own: Mapping[str, str], booted: int) -> None:
        """Make what is missing, now that a generation has imported `own` modules, with their files.

        So many of them it had imported when it was ready.
        """
        # A generation that was forked from a snapshot has imported last what was left out of that.
        known = [name for name in self._order if name in own]
        self._order = list(dict.fromkeys([*known, *list(own)[:booted]]))
        self._note_files(own)
        self.make()

    def make(self) -> None:
        """Make the next snapshot that is missing."""
        if self._given_up or self._unfit is not None or not self._order:
            return
        if self._set_up is None:
            self._set_up = self._start(None, None, frozenset(), ABANDONED_MORE)
        elif self._set_up.held and self._full is None:
            left_out = self._to_leave_out(self._set_up.held.files)
            self._full = self._start(self._set_up, self._order, left_out, 0)

    def stop(self) -> None:
        """Let all snapshots end, and make none any more, whatever they still say."""
        self._given_up = True
        self.forget()

    def forget(self) -> None:
        """Let all snapshots end with their last generations."""
        self._forget_full()
        if self._set_up:
            self._set_up.channel.send_unless_closed(messages.Leave())
        self._set_up = None

    def _forget_full(self) -> None:
        if self._full:
            self._full.channel.send_unless_closed(messages.Leave())
        self._full = None

    def _start(
        self,
        parent: _Snapshot | None,
        imports: list[str] | None,
        left_out: frozenset[str],
        more_grace: float,
    ) -> _Snapshot:
        ours, theirs = socket.socketpair()
        snapshot = _Snapshot(Channel(ours), left_out)
        snapshot.channel.send(
            messages.Hold(self._kind, imports, sorted(left_out), ABANDONED_GENERATION + more_grace)
        )
        asyncio.get_running_loop().add_reader(snapshot.channel, self._receive, snapshot)
        with theirs:
            self._fork(parent.channel if parent else None, theirs)
        return snapshot

    def _receive(self, snapshot: _Snapshot) -> None:
        try:
            received = snapshot.channel.receive()
        except ChannelClosedError:
            asyncio.get_running_loop().remove_reader(snapshot.channel)
            self._lost(snapshot)
            snapshot.channel.close()
            return
        except messages.MessageError as error:
            self._post(ZygoteMisunderstood(error))
            return
        for message in received:
            match message:
                case messages.Held():
                    snapshot.held = message
                    self._note_files(message.files)
                    self._note_imports(message.imports)
                    self._post(message)
                    self.make()
                case messages.Entangled(imports):
                    self._note_imports(imports)
                    self._disentangle(snapshot)
                case messages.Unfit(_, file, _):
                    self._unfit = os.path.realpath(file) if file else ""
                    self._post(message)
                    self.forget()
                case _:
                    self._post(message)

    def _lost(self, snapshot: _Snapshot) -> None:
        """Do without a snapshot that has ended; if it was wanted, another one would end as well."""
        if snapshot is self._set_up:
            self.forget()
        elif snapshot is self._full:
            self._forget_full()
        else:
            return
        self._give_up()

    def _give_up(self) -> None:
        self._given_up = True
        self._post(NoSnapshot())

    def _disentangle(self, snapshot: _Snapshot) -> None:
        """Try again without those that need what is left out; there may be no end to it."""
        if snapshot is self._full and self._set_up and self._set_up.held:
            self._forget_full()
            if self._to_leave_out(self._set_up.held.files) <= snapshot.left_out:
                self._give_up()
            self.make()

    def _to_leave_out(self, set_up: Mapping[str, str]) -> frozenset[str]:
        """Return what was edited lately, with all that needs it, of what `set_up` does not hold."""
        late = {name for name in self._order if name not in set_up}
        most = max(_FEW, len(late) * _SHARE)
        chosen: set[str] = set()
        for name in reversed(self._edited):
            if name in late:
                grown = chosen | self._with_importers(name) & late
                if not chosen or len(grown) <= most:
                    chosen = grown
        return frozenset(chosen)

    def _with_importers(self, name: str) -> set[str]:
        found = {name}
        new = {name}
        while new:
            new = {one for one, names in self._imports.items() if not names.isdisjoint(new)} - found
            found |= new
        return found

    def _note_files(self, files: Mapping[str, str]) -> None:
        for name, file in files.items():
            self._names[os.path.realpath(file)].add(name)

    def _note_imports(self, imports: Mapping[str, Iterable[str]]) -> None:
        for name, needed in imports.items():
            self._imports[name].update(needed)

    def _is_certain(self, path: Path, changes: Changes) -> bool:
        """Tell whether it is known what a change of this file can change in a process."""
        if path.is_symlink():
            return False
        if path.suffix == ".py":
            return path not in changes.came_or_went
        is_content = not CONTENT_FOLDERS.isdisjoint(path.parts[len(self._root.parts) :])
        return is_content or path.suffix in _CONTENT_SUFFIXES
