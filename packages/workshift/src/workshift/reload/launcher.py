"""Starts generations: forked from the zygote, or as fresh processes with `--no-preload`."""

import asyncio
import contextlib
import dataclasses
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import bytecode, messages
from .batch import Changes
from .channel import Channel, ChannelClosedError
from .events import NoSnapshot, PreloadFailed, ZygoteMisunderstood
from .kind import Kind
from .messages import EX_PROTOCOL, Exited, Forked, LeftOut, Message
from .snapshots import Snapshots
from .stopping import ABANDONED_GENERATION, ABANDONED_MORE

# Seconds until a zygote that died before it was of use is replaced.
_AFTER_FAILURE = 1.0

# The module of snapshots, and the number of what is forked and no generation.
_SNAPSHOT = f"{__package__}.snapshot"
_NO_GENERATION = 0

_FRESH_START = """
import sys
sys.path[:] = {path!r}
{before_imports}
control, number, *arguments = sys.argv[1:]
sys.argv = {argv!r}
from {module} import main
main(int(control), int(number), arguments)
"""


@dataclass(kw_only=True)
class Launcher:
    """Starts generations, and posts when one has started and when one has ended."""

    kind: Kind
    directory: Path  # where generations run
    environment: dict[str, str]  # what they run with
    post: Callable[[Message | NoSnapshot | PreloadFailed | ZygoteMisunderstood], None]
    own_group: bool  # whether a generation leads a process group, as a pool of processes needs

    def start(self) -> None:
        """Get ready; must be called in the running event loop."""

    def launch(self, number: int, control: socket.socket, more: Sequence[str] = ()) -> str:
        """Start generation `number`, hand it `control`, and close our copy of that.

        `more` are arguments besides those of its kind. Returns what it is started from.
        """
        raise NotImplementedError

    def learn(self, modules: Mapping[str, str | None], own: Mapping[str, str], booted: int) -> None:
        """Note the installed modules and the `own` ones of a generation, with their files.

        So many of its own it had imported when it was ready.
        """

    def changed(self, changes: Changes) -> None:
        """Forget what is imported in advance and not the same any more."""

    def stop(self) -> None:
        """End what this launcher itself has running; generations have ended before."""


@dataclass(kw_only=True)
class ZygoteLauncher(Launcher):
    """Has the zygote fork generations; a zygote that dies is replaced.

    If the replacement dies as well before it has forked, the import of a learned module is the
    likely reason: nothing is imported in advance from then on, until the packages change.
    """

    _learns: bool = field(default=True, init=False)
    _modules: dict[str, Path | None] = field(default_factory=dict, init=False)
    _own: set[str] = field(default_factory=set, init=False)
    _left_out: dict[str, str] = field(default_factory=dict, init=False)
    _zygote: "_ZygoteProcess | None" = field(default=None, init=False)
    _leaving: "list[_ZygoteProcess]" = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Begin without snapshots."""
        self._snapshots = Snapshots(
            self.directory, self.kind.module, self._fork_snapshot, self.post
        )

    def start(self) -> None:
        """Start the zygote, which begins to import what is known so far."""
        self._running()

    def launch(self, number: int, control: socket.socket, more: Sequence[str] = ()) -> str:
        """Have generation `number` forked."""
        request = self._request(number, self.kind.module, [*self.kind.arguments, *more])
        with control:
            for name, channel in self._snapshots.usable():
                with contextlib.suppress(ChannelClosedError):
                    channel.send(request, (control.fileno(),))
                    return name
            self._ask_zygote(request, control)
        return "zygote"

    def learn(self, modules: Mapping[str, str | None], own: Mapping[str, str], booted: int) -> None:
        """Have the zygote import `modules` as well, now and after every restart."""
        if not self._learns:
            return
        new = [name for name in modules if name not in self._modules]
        self._modules |= {name: Path(file) if (file := modules[name]) else None for name in new}
        self._own.update(own)
        if new and self._zygote:
            self._teach(self._zygote, new)
        self._snapshots.learn(own, booted)

    def changed(self, changes: Changes) -> None:
        """Have a new zygote if the old one has imported what is another now; and snapshots."""
        if changes.packages or self.holds(changes.paths):
            self.renew()
        self._snapshots.changed(changes)

    def holds(self, paths: Collection[Path]) -> bool:
        """Tell whether one of these files is that of a module which is imported in advance."""
        files = set(self._modules.values())
        return any(path in files or path.resolve() in files for path in paths)

    def renew(self) -> None:
        """Start a new zygote; the old one ends with its last generation."""
        self._learns = True
        self._left_out.clear()
        self._replace()

    def _replace(self) -> None:
        self._snapshots.forget()
        if self._zygote:
            self._leaving.append(self._zygote)
            # If it has just died, its end is yet to be seen, and is that of one that leaves.
            self._zygote.channel.send_unless_closed(messages.Leave())
        self._zygote = None
        self._running()

    def _request(self, number: int, module: str, arguments: list[str]) -> messages.Fork:
        return messages.Fork(
            number=number,
            arguments=arguments,
            module=module,
            directory=str(self.directory),
            path=path_of_generations(self.directory),
            argv=self.kind.argv,
            environment=self.environment,
            # The first generation imports all packages, and finds them compiled where they are.
            bytecode=str(self.directory / bytecode.FOLDER) if self._modules else None,
            own_group=self.own_group,
        )

    def _ask_zygote(self, request: messages.Fork, control: socket.socket) -> None:
        try:
            self._running().channel.send(request, (control.fileno(),))
        except ChannelClosedError:
            self._lost(self._running())
            self._running().channel.send(request, (control.fileno(),))

    def _fork_snapshot(self, parent: Channel | None, control: socket.socket) -> None:
        request = dataclasses.replace(
            self._request(_NO_GENERATION, _SNAPSHOT, []),
            own_group=False,
            after_preload=True,
        )
        if parent is None:
            self._ask_zygote(request, control)
        else:
            # If it has just died, so will the one that is not forked.
            with contextlib.suppress(ChannelClosedError):
                parent.send(request, (control.fileno(),))

    def stop(self) -> None:
        """Let every zygote end and wait for it."""
        self._snapshots.stop()
        for zygote in [*self._leaving, self._zygote]:
            if zygote:
                self._end(zygote)

    def _running(self) -> "_ZygoteProcess":
        """Return the zygote; start one if there is none."""
        if self._zygote is None:
            self._zygote = _ZygoteProcess(self.directory, self.environment, self.kind.descriptors)
            channel = self._zygote.channel
            asyncio.get_running_loop().add_reader(channel, self._receive, self._zygote)
            if self._modules:
                self._teach(self._zygote, list(self._modules))
        return self._zygote

    def _teach(self, zygote: "_ZygoteProcess", names: list[str]) -> None:
        # If it has just died, its replacement imports all that is known.
        zygote.channel.send_unless_closed(
            messages.Preload(names, own=sorted(self._own), left_out=self._left_out)
        )

    def _receive(self, zygote: "_ZygoteProcess") -> None:
        try:
            received = zygote.channel.receive()
        except ChannelClosedError:
            if zygote in self._leaving:
                self._leaving.remove(zygote)
                self._end(zygote)
            else:
                self._lost(zygote)
            return
        except messages.MessageError as error:
            self.post(ZygoteMisunderstood(error))
            return
        for message in received:
            match message:
                case Forked():
                    zygote.has_forked = True
                    self.post(message)
                case Exited():
                    self.post(message)
                case LeftOut():
                    self._leave_out(message)
                case messages.Spoilt(reasons):
                    self._leave_out(LeftOut(reasons))
                    if zygote is self._zygote:
                        self._replace()
                        self._snapshots.make()
                case _:
                    stray = messages.MessageError(f"{message} is not for the launcher.")
                    self.post(ZygoteMisunderstood(stray))

    def _leave_out(self, modules: LeftOut) -> None:
        self._left_out |= modules.reasons
        self.post(modules)

    def _lost(self, zygote: "_ZygoteProcess") -> None:
        code = self._end(zygote)
        self._zygote = None
        self._snapshots.forget()
        if code == EX_PROTOCOL:
            # So would the next one.
            self.post(PreloadFailed(code))
            return
        if zygote.has_forked:
            self._running()
            return
        if self._learns:
            self._learns = False
            self._modules.clear()
            self.post(PreloadFailed(code))
        asyncio.get_running_loop().call_later(_AFTER_FAILURE, self._running)

    def _end(self, zygote: "_ZygoteProcess") -> int:
        asyncio.get_running_loop().remove_reader(zygote.channel)
        zygote.channel.close()
        return zygote.process.wait()


def path_of_generations(directory: Path) -> list[str]:
    """Return the `sys.path` of generations: ours, which manage.py may have extended."""
    return [str(directory), *(entry for entry in sys.path if entry not in {"", str(directory)})]


def python() -> list[str]:
    """Return the command that runs Python with the options that we have been started with."""
    warnings = [f"-W{option}" for option in sys.warnoptions]
    extensions = [
        f"-X{name}" if value is True else f"-X{name}={value}"
        for name, value in sys._xoptions.items()  # noqa: SLF001 - documented in spite of its name.
    ]
    return [sys.executable, *warnings, *extensions]


class _ZygoteProcess:
    """A zygote as its launcher sees it."""

    def __init__(
        self, directory: Path, environment: Mapping[str, str], descriptors: tuple[int, ...]
    ) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # -P: without it Python puts the folder of the file on sys.path.
            self.process = subprocess.Popen(  # noqa: S603 - our own file.
                [
                    *python(),
                    "-P",
                    Path(__file__).with_name("zygote.py"),
                    str(theirs.fileno()),
                    str(ABANDONED_GENERATION + 2 * ABANDONED_MORE),
                ],
                cwd=directory,
                env={k: v for k, v in environment.items() if k != "DJANGO_SETTINGS_MODULE"},
                pass_fds=[theirs.fileno(), *descriptors],
            )
        self.channel = Channel(ours)
        self.has_forked = False


class FreshLauncher(Launcher):
    """Starts each generation as a fresh Python process, which imports all by itself."""

    def launch(self, number: int, control: socket.socket, more: Sequence[str] = ()) -> str:
        """Start generation `number` and a thread that waits for its end."""
        with control:
            descriptor = control.fileno()
            process = subprocess.Popen(  # noqa: S603 - our own module.
                [
                    *python(),
                    "-c",
                    _FRESH_START.format(
                        path=path_of_generations(self.directory),
                        before_imports=self.kind.before_imports,
                        argv=self.kind.argv,
                        module=self.kind.module,
                    ),
                    str(descriptor),
                    str(number),
                    *self.kind.arguments,
                    *more,
                ],
                cwd=self.directory,
                env=self.environment,
                pass_fds=[descriptor, *self.kind.descriptors],
                process_group=0 if self.own_group else None,
            )
        loop = asyncio.get_running_loop()

        def wait() -> None:
            code = process.wait()
            with contextlib.suppress(RuntimeError):  # The loop is closed: nobody asks any more.
                loop.call_soon_threadsafe(self.post, Exited(process.pid, code))

        # Not the loop's executor: that has a handful of threads, and more generations may live.
        threading.Thread(target=wait, name=f"generation {number}", daemon=True).start()
        self.post(Forked(number, process.pid))
        return "beginning"
