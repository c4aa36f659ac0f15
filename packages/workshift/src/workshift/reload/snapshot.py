"""Holds the project, imported, in a process that forks generations.

There are two of them. The first is forked from the zygote and sets Django up as a generation does:
settings, apps, models, and what these import. The second is forked from the first, and imports the
rest of what a generation does, except the modules that are being edited and those that need them.

Nothing of a module that is left out may be in a snapshot, not even that it is missing. So a finder
refuses to import it. If anything asks for it, the snapshot is not made, and the supervisor is told
who has asked.
"""

import contextlib
import gc
import importlib
import importlib.abc
import os
import re
import signal
import socket
import sys
from collections.abc import Collection, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.core.cache import caches, close_caches
from django.db import connections

from . import collection, messages
from .channel import Channel, ChannelClosedError
from .fork_server import SUPERVISOR_SIGNALS, ForkServer
from .import_record import ImportRecord
from .importing import Imports, noting
from .own_code import is_foreign, modules


def main(control: int, number: int, arguments: list[str]) -> None:
    """Become a snapshot; return in a forked generation, at its end.

    `control` is the descriptor of the channel to the supervisor. It brings an order first.
    """
    del number, arguments
    for one in SUPERVISOR_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    channel = Channel(socket.socket(fileno=control))
    order = _order(channel)
    _make(order, channel)
    of_project = {one: signal.getsignal(one) for one in SUPERVISOR_SIGNALS}
    request, control = ForkServer(channel, order.abandoned_grace).serve()
    for one, handler in of_project.items():
        if handler != signal.SIG_IGN:
            signal.signal(one, handler)
    # A folder may have changed since it was looked at.
    importlib.invalidate_caches()
    importlib.import_module(request.module).main(control, request.number, request.arguments)


def _order(channel: Channel) -> messages.Hold:
    received: list[messages.Message] = []
    while not received:
        try:
            received = channel.receive()
        except ChannelClosedError:
            os._exit(0)
    match received:
        case [messages.Hold() as order]:
            return order
        case _:
            # Not wanted any more.
            os._exit(0)


def _make(order: messages.Hold, channel: Channel) -> None:
    """Import what was ordered and say so, or say why not and end this process."""
    collection.pause()
    finder = _Finder(order.left_out, channel)
    imports: Imports = {}
    record = ImportRecord()
    sys.meta_path.insert(0, finder)
    with _silence(), record.listening(), noting(imports):
        kind = importlib.import_module(order.kind)
        try:
            if order.imports is None:
                kind.set_up()
            else:
                _import(order.imports, finder)
                kind.prepare()
        except BaseException:  # noqa: BLE001 - whatever it is, the generation says so.
            os._exit(1)
    sys.meta_path.remove(finder)
    for file in _not_imported(finder.asked_for):
        # Modules that are held can do without it, or only look whether it is there.
        record.note(file)
    _disconnect()
    _, files = modules(list(sys.modules))
    project = {*files, *order.left_out, *(order.imports or ())}
    known = {
        importer: sorted(
            {*imports.get(importer, ())} & project | finder.needed_by.get(importer, set())
        )
        for importer in project
        if importer in imports or importer in finder.needed_by
    }
    if finder.needed_by:
        _end(channel, messages.Entangled(known))
    if misdeed := record.misdeed():
        _end(channel, messages.Unfit(*misdeed))
    held = messages.Held(
        set_up=order.imports is None,
        files=files,
        read=record.read,
        imports=known,
        left_out=order.left_out,
        memory=_memory(),
    )
    channel.send_unless_closed(held)


def _end(channel: Channel, message: messages.Message) -> NoReturn:
    channel.send_unless_closed(message)
    # Not sys.exit(): what the project wants to do at the end is not for this process.
    os._exit(0)


def _import(names: Collection[str], finder: "_Finder") -> None:
    for name in names:
        if name in sys.modules or name in finder.left_out:
            continue
        before = len(finder.needed_by)
        try:
            importlib.import_module(name)
        except BaseException:  # noqa: BLE001 - whatever it is, the generation says so.
            if len(finder.needed_by) == before:
                # It works only if something is there that was left out.
                finder.needed_by[name] = set(finder.left_out)


class _Finder(importlib.abc.MetaPathFinder):
    """Refuses to import what is left out, and notes who asks for it."""

    def __init__(self, left_out: Collection[str], channel: Channel) -> None:
        self.left_out = frozenset(left_out)
        self.needed_by: dict[str, set[str]] = {}
        self.asked_for: set[str] = set()
        self._channel = channel

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        del path, target
        if self._channel.readable():
            # It is not wanted any more, or nobody is there who wanted it.
            os._exit(0)
        self.asked_for.add(name)
        if name in self.left_out:
            # The order's own, if it is none of those that are being imported.
            for importer in [*_running(sys._getframe(1))] or [""]:  # noqa: SLF001 - as Python's own warnings do.
                self.needed_by.setdefault(importer, set()).add(name)
            raise ModuleNotFoundError(f"{name} is left to the generations.", name=name)


def _not_imported(names: Collection[str]) -> Iterator[str]:
    """Yield the files of the project's modules that were asked for and are not there."""
    for name in names:
        package = sys.modules.get(name.rpartition(".")[0])
        if name not in sys.modules and (package or "." not in name):
            spec = PathFinder.find_spec(name, getattr(package, "__path__", None))
            if spec and spec.origin and not is_foreign(spec.origin):
                yield spec.origin


def _running(frame: FrameType | None) -> Iterator[str]:
    """Yield the project's modules that are being imported, the innermost first."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and not is_foreign(frame.f_code.co_filename):
            yield str(frame.f_globals["__name__"])
        frame = frame.f_back


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Throw away what modules print: they have printed it in a generation."""
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nowhere, number)
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
        for descriptor in (*kept, nowhere):
            os.close(descriptor)


def _disconnect() -> None:
    """Close the connections that Django has opened: two processes cannot share one."""
    connections.close_all()
    close_caches()
    for alias in list(caches.settings):
        with contextlib.suppress(AttributeError):
            del caches[alias]
    # Some close only when nobody knows them any more, and know themselves.
    gc.collect()


def _memory() -> int:
    """Return how many bytes this process does not share; 0 if the system does not say."""
    try:
        text = Path("/proc/self/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(size) for size in re.findall(r"^Private\w+:\s+(\d+) kB$", text, re.M)) * 1024
