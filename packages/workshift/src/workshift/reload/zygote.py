"""Imports all but the project, and forks generations from its process.

The zygote is started by file path, so that neither the project nor its settings are there; preload.py
says what it imports without them. For the same reason this file imports the standard library only.

The request for a generation brings that one's end of its control channel as a file descriptor.
When the supervisor is gone, however it went, the channel is at its end, and the zygote takes every
generation down with it.
"""

import dataclasses
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
import traceback
import types
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from . import channel, messages, preload

_SUPERVISOR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Zygote:
    def __init__(self, connection: socket.socket, abandoned_grace: float) -> None:
        self._channel = channel.Channel(connection)
        # Seconds that generations get to end by themselves once the supervisor is gone.
        self._abandoned_grace = abandoned_grace
        self._children: set[int] = set()
        self._preload = preload.Preload(self._let_go)
        self._leaving = False
        self._wakeup, self._wakeup_writer = os.pipe()

    def serve(self) -> "tuple[messages.Fork, int]":
        """Serve the supervisor's requests; return in a forked generation only.

        Returns its request and its control channel's descriptor.
        """
        # The supervisor decides when generations stop; a Ctrl-C in the terminal reaches us, too.
        for number in _SUPERVISOR_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        os.set_blocking(self._wakeup_writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)
        while self._children or not self._leaving:
            # One module at a time, so that a request is never kept waiting for all of them.
            timeout = 0 if self._preload.waiting else None
            watched = [self._channel.fileno(), self._wakeup]
            if self._preload.trial is not None:
                watched.append(self._preload.trial)
            readable, _, _ = select.select(watched, [], [], timeout)
            if self._wakeup in readable:
                os.read(self._wakeup, 4096)
                self._report_exits()
            if self._channel.fileno() in readable:
                for request in self._receive():
                    match request:
                        case messages.Preload(names, own, left_out):
                            self._preload.add(names, own, left_out)
                        case messages.Leave():
                            self._leaving = True
                        case messages.Fork():
                            control = self._channel.descriptors.pop(0)
                            if self._fork(request, control):
                                if self._preload.is_done:
                                    return request, control
                                # It imports packages, and finds them compiled where they are.
                                return dataclasses.replace(request, bytecode=None), control
                        case _:
                            raise messages.MessageError(f"{request} is not for the zygote.")
            elif self._preload.trial in readable:
                if reasons := self._preload.hear():
                    self._send(messages.LeftOut(reasons))
            elif self._preload.waiting and (reasons := self._preload.step()):
                self._send(messages.Spoilt(reasons))
        self._preload.stop()
        sys.exit(0)

    def _let_go(self) -> None:
        """Close, in a child, what is the zygote's own."""
        signal.set_wakeup_fd(-1)
        for number in (*_SUPERVISOR_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._channel.close()
        os.close(self._wakeup)
        os.close(self._wakeup_writer)

    def _receive(self) -> "list[messages.Message]":
        try:
            return self._channel.receive()
        except channel.ChannelClosedError:
            self._end()

    def _fork(self, request: "messages.Fork", control: int) -> bool:
        """Fork; return True in the child, which is the new generation."""
        # Nothing that is alive now is garbage: without this, a collection in the child would
        # touch, and so copy, every page that it shares with us.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self._let_go()
            self._preload.leave_no_trace()
            if request.own_group:
                os.setpgid(0, 0)
            return True
        os.close(control)
        self._children.add(pid)
        self._send(messages.Forked(request.number, pid))
        return False

    def _report_exits(self) -> None:
        for pid in list(self._children):
            # Seen first and reaped later: until then the number cannot be given to another
            # process, and killing the rest of its group is safe.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
            self._children.remove(pid)
            self._send(messages.Exited(pid, os.waitstatus_to_exitcode(status)))

    def _send(self, message: "messages.Message") -> None:
        try:
            self._channel.send(message)
        except channel.ChannelClosedError:
            self._end()

    def _end(self) -> NoReturn:
        self._preload.stop()
        deadline = time.monotonic() + self._abandoned_grace
        while self._children and (left := deadline - time.monotonic()) > 0:
            select.select([self._wakeup], [], [], left)
            for pid in list(self._children):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                    _kill_group(pid)
                    os.waitpid(pid, 0)
                    self._children.remove(pid)
        for pid in self._children:
            _kill_group(pid)
            os.kill(pid, signal.SIGKILL)
        # Not sys.exit(): what the preloaded modules want to do at the end is not for this process.
        os._exit(0)


def _kill_group(pid: int) -> None:
    """Kill what is left of the group that `pid` leads; a generation without one has none."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


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


def _become_generation(request: "messages.Fork", control: int) -> NoReturn:
    os.chdir(request.directory)
    os.environ.clear()
    os.environ.update(request.environment)
    sys.path[:] = request.path
    sys.argv = request.argv
    if request.bytecode:
        # Also where Python is told not to write bytecode (many containers do): compiling the whole
        # project anew would take longer than all the rest of the start.
        sys.dont_write_bytecode = False
        sys.pycache_prefix = request.bytecode
    try:
        generation = importlib.import_module(request.module)
    except Exception as error:  # noqa: BLE001 - printed whole; the supervisor goes on.
        traceback.print_exception(error.with_traceback(_without_importlib(error.__traceback__)))
        sys.exit(1)
    generation.main(control, request.number, request.arguments)
    sys.exit(0)


def _without_importlib(tb: Any) -> Any:
    """Leave out the frames of this file and of the import machinery: they are not the user's."""
    while tb is not None and (
        tb.tb_frame.f_code.co_filename == __file__ or "importlib" in tb.tb_frame.f_code.co_filename
    ):
        tb = tb.tb_next
    return tb


if __name__ == "__main__":
    messages, channel, preload = _load("messages", "channel", "preload")
    zygote = _Zygote(socket.socket(fileno=int(sys.argv[1])), float(sys.argv[2]))
    try:
        request, control = zygote.serve()
    except messages.MessageError:
        # The supervisor runs another version of this library, and says so.
        sys.exit(messages.EX_PROTOCOL)
    _become_generation(request, control)
