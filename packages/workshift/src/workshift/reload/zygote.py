"""Imports all but the project, and forks generations from its process.

The zygote is started by file path, so that neither the project nor its settings are there; preload.py
says what it imports without them. For the same reason this file imports the standard library only.
"""

import importlib
import os
import socket
import sys
import traceback
import types
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from . import channel, fork_server, messages, preload


def _load(*names: str) -> list[Any]:
    """Load the modules of these names beside this file: neither is on the path here.

    They may import each other, as in a package. No generation finds it: it is gone again.
    """
    package = types.ModuleType("_zygote")
    package.__path__ = [os.path.dirname(__file__)]  # noqa: PTH120
    sys.modules[package.__name__] = package
    loaded = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    for name in [one for one in sys.modules if one.partition(".")[0] == package.__name__]:
        del sys.modules[name]
    return loaded


if not TYPE_CHECKING:
    messages, channel, fork_server, preload = _load("messages", "channel", "fork_server", "preload")


class _Zygote(fork_server.ForkServer):
    def __init__(self, connection: socket.socket, abandoned_grace: float) -> None:
        super().__init__(channel.Channel(connection), abandoned_grace)
        self._preload = preload.Preload(super().in_child)

    @property
    def has_imported_all(self) -> bool:
        """Whether a process that is forked now finds all imported that can be."""
        return self._preload.is_done

    def sources(self) -> Collection[int]:
        return () if self._preload.trial is None else (self._preload.trial,)

    def has_work(self) -> bool:
        return self._preload.waiting

    def work(self, readable: Collection[int]) -> None:
        # One module at a time, so that a request is never kept waiting for all of them.
        if self._preload.trial in readable:
            if reasons := self._preload.hear():
                self.send(messages.LeftOut(reasons))
        elif self._preload.waiting and (reasons := self._preload.step()):
            self.send(messages.Spoilt(reasons))

    def may_fork(self, request: "messages.Fork") -> bool:
        return self.has_imported_all or not request.after_preload

    def hear(self, message: "messages.Message") -> None:
        match message:
            case messages.Preload(names, own, left_out):
                self._preload.add(names, own, left_out)
            case _:
                super().hear(message)

    def in_child(self) -> None:
        super().in_child()
        self._preload.leave_no_trace()

    def end(self) -> None:
        self._preload.stop()


def _become(request: "messages.Fork", control: int, *, bytecode: bool) -> NoReturn:
    """Run what was asked for in this process, which was forked for it."""
    os.chdir(request.directory)
    os.environ.clear()
    os.environ.update(request.environment)
    sys.path[:] = request.path
    sys.argv = request.argv
    if request.bytecode and bytecode:
        # Also where Python is told not to write bytecode (many containers do): compiling the whole
        # project anew would take longer than all the rest of the start.
        sys.dont_write_bytecode = False
        sys.pycache_prefix = request.bytecode
    try:
        module = importlib.import_module(request.module)
    except Exception as error:  # noqa: BLE001 - printed whole; the supervisor goes on.
        traceback.print_exception(error.with_traceback(_without_importlib(error.__traceback__)))
        sys.exit(1)
    module.main(control, request.number, request.arguments)
    sys.exit(0)


def _without_importlib(tb: Any) -> Any:
    """Leave out the frames of this file and of the import machinery: they are not the user's."""
    while tb is not None and (
        tb.tb_frame.f_code.co_filename == __file__ or "importlib" in tb.tb_frame.f_code.co_filename
    ):
        tb = tb.tb_next
    return tb


if __name__ == "__main__":
    zygote = _Zygote(socket.socket(fileno=int(sys.argv[1])), float(sys.argv[2]))
    try:
        request, control = zygote.serve()
    except messages.MessageError:
        # The supervisor runs another version of this library, and says so.
        sys.exit(messages.EX_PROTOCOL)
    # A generation that imports packages itself finds them compiled where they are.
    _become(request, control, bytecode=zygote.has_imported_all)
