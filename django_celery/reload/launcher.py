"""Starting generations: forked from the zygote, or as fresh processes with `--no-preload`."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import bytecode
from .channel import Channel, ChannelClosedError
from .stopping import ABANDONED_GENERATION

# Seconds until a zygote that died before it was of use is replaced.
_AFTER_FAILURE = 1.0

_GENERATION_MODULE = f"{__package__}.generation"

# gevent and eventlet replace parts of the standard library, which must come before all imports.
_FRESH_START = f"""
import sys, celery
celery.maybe_patch_concurrency(sys.argv)
from {_GENERATION_MODULE} import main
main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
"""


@dataclass(kw_only=True)
class Launcher:
    """Starts generations and reports when one has started and when one has ended."""

    arguments: list[str]  # Celery's
    directory: Path  # where generations run
    on_start: Callable[[int, int], None]  # called with a generation's number and process id
    on_exit: Callable[[int, int], None]  # with process id and exit code (negative: by this signal)
    on_failure: Callable[[int], None]  # with the exit code of a zygote that was of no use
    own_group: bool  # whether a generation leads a process group, as a pool of processes needs

    def start(self) -> None:
        """Get ready; must be called in the running event loop."""

    def launch(self, number: int, control: socket.socket) -> None:
        """Start generation `number`, hand it `control`, and close our copy of that."""
        raise NotImplementedError

    def learn(self, modules: list[str]) -> None:
        """Note the names of installed modules that a generation has imported."""

    def renew(self) -> None:
        """Forget what is imported: the installed packages have changed."""

    def stop(self) -> None:
        """End what this launcher itself has running; generations have ended before."""


@dataclass(kw_only=True)
class ZygoteLauncher(Launcher):
    """Has the zygote fork generations; a zygote that dies is replaced.

    If the replacement dies as well before it has forked, the import of a learned module is the
    likely reason: nothing is imported in advance from then on, until the packages change.
    """

    _learns: bool = field(default=True, init=False)
    _modules: dict[str, None] = field(default_factory=dict, init=False)
    _zygote: "_ZygoteProcess | None" = field(default=None, init=False)
    _leaving: "list[_ZygoteProcess]" = field(default_factory=list, init=False)

    def start(self) -> None:
        """Start the zygote, which begins to import what is known so far."""
        self._running()

    def launch(self, number: int, control: socket.socket) -> None:
        """Have the zygote fork generation `number`."""
        request = {
            "number": number,
            "own_group": self.own_group,
            "module": _GENERATION_MODULE,
            "directory": str(self.directory),
            "path": [str(self.directory)],
            "argv": ["celery", "worker", *self.arguments],
            "environment": dict(os.environ),
            # The first generation imports all packages, and finds them compiled where they are.
            "bytecode": str(self.directory / bytecode.FOLDER) if self._modules else None,
            "arguments": self.arguments,
        }
        with control:
            try:
                self._running().channel.send(request, (control.fileno(),))
            except ChannelClosedError:
                self._lost(self._running())
                self._running().channel.send(request, (control.fileno(),))

    def learn(self, modules: list[str]) -> None:
        """Have the zygote import `modules` as well, now and after every restart."""
        new = [name for name in modules if name not in self._modules] if self._learns else []
        self._modules.update(dict.fromkeys(new))
        if new and self._zygote:
            # If it has just died, its replacement imports all that is known.
            with contextlib.suppress(ChannelClosedError):
                self._zygote.channel.send({"preload": new})

    def renew(self) -> None:
        """Start a new zygote; the old one ends with its last generation."""
        self._learns = True
        if self._zygote:
            self._leaving.append(self._zygote)
            # If it has just died, its end is yet to be seen, and is that of one that leaves.
            with contextlib.suppress(ChannelClosedError):
                self._zygote.channel.send({"leave": True})
        self._zygote = None
        self._running()

    def stop(self) -> None:
        """Let every zygote end and wait for it."""
        for zygote in [*self._leaving, self._zygote]:
            if zygote:
                self._end(zygote)

    def _running(self) -> "_ZygoteProcess":
        """Return the zygote; start one if there is none."""
        if self._zygote is None:
            self._zygote = _ZygoteProcess()
            channel = self._zygote.channel
            asyncio.get_running_loop().add_reader(channel, self._receive, self._zygote)
            if self._modules:
                channel.send({"preload": list(self._modules)})
        return self._zygote

    def _receive(self, zygote: "_ZygoteProcess") -> None:
        try:
            messages = zygote.channel.receive()
        except ChannelClosedError:
            if zygote in self._leaving:
                self._leaving.remove(zygote)
                self._end(zygote)
            else:
                self._lost(zygote)
            return
        for message in messages:
            if "forked" in message:
                zygote.has_forked = True
                self.on_start(message["forked"], message["pid"])
            else:
                self.on_exit(message["exited"], message["code"])

    def _lost(self, zygote: "_ZygoteProcess") -> None:
        code = self._end(zygote)
        self._zygote = None
        if zygote.has_forked:
            self._running()
            return
        if self._learns:
            self._learns = False
            self._modules.clear()
            self.on_failure(code)
        asyncio.get_running_loop().call_later(_AFTER_FAILURE, self._running)

    def _end(self, zygote: "_ZygoteProcess") -> int:
        asyncio.get_running_loop().remove_reader(zygote.channel)
        zygote.channel.close()
        return zygote.process.wait()


class _ZygoteProcess:
    """A zygote as its launcher sees it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        with theirs:
            # -P: without it Python puts the folder of the file on sys.path.
            self.process = subprocess.Popen(  # noqa: S603 - our own file.
                [
                    sys.executable,
                    "-P",
                    Path(__file__).with_name("zygote.py"),
                    str(theirs.fileno()),
                    str(ABANDONED_GENERATION),
                ],
                env=environment,
                pass_fds=[theirs.fileno()],
            )
        self.channel = Channel(ours)
        self.has_forked = False


class FreshLauncher(Launcher):
    """Starts each generation as a fresh Python process, which imports all by itself."""

    def launch(self, number: int, control: socket.socket) -> None:
        """Start generation `number` and a thread that waits for its end."""
        with control:
            descriptor = control.fileno()
            process = subprocess.Popen(  # noqa: S603 - our own module.
                [
                    sys.executable,
                    "-c",
                    _FRESH_START,
                    str(descriptor),
                    str(number),
                    *self.arguments,
                ],
                cwd=self.directory,
                pass_fds=[descriptor],
                process_group=0 if self.own_group else None,
            )
        loop = asyncio.get_running_loop()

        def wait() -> None:
            code = process.wait()
            with contextlib.suppress(RuntimeError):  # The loop is closed: nobody asks any more.
                loop.call_soon_threadsafe(self.on_exit, process.pid, code)

        # Not the loop's executor: that has a handful of threads, and more generations may live.
        threading.Thread(target=wait, name=f"generation {number}", daemon=True).start()
        self.on_start(number, process.pid)
