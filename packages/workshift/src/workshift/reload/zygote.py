"""The zygote: a process that has imported all but the project, and forks generations from itself.

It is started by file path, so that neither the project nor its settings are there; preload.py
says what it imports without them. For the same reason this file imports the standard library only.

Requests come as JSON lines from the supervisor; the one for a generation brings that one's end of
its control channel as a file descriptor. When the supervisor is gone, however it went, the socket
is at its end, and the zygote takes every generation down with it.
"""

import gc
import importlib
import importlib.machinery
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
import types
from typing import Any, NoReturn

_SUPERVISOR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Zygote:
    def __init__(self, connection: socket.socket, abandoned_grace: float) -> None:
        self._connection = connection
        # Seconds that generations get to end by themselves once the supervisor is gone.
        self._abandoned_grace = abandoned_grace
        self._unread = b""
        self._descriptors: list[int] = []
        self._children: set[int] = set()
        self._preload = _load("preload").Preload(self._let_go)
        self._leaving = False
        self._wakeup, self._wakeup_writer = os.pipe()

    def serve(self) -> dict[str, Any]:
        """Serve the supervisor's requests; return in a forked generation only, with its request."""
        # The supervisor decides when generations stop; a Ctrl-C in the terminal reaches us, too.
        for number in _SUPERVISOR_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        os.set_blocking(self._wakeup_writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)
        while self._children or not self._leaving:
            # One module at a time, so that a request is never kept waiting for all of them.
            timeout = 0 if self._preload.waiting else None
            watched = [self._connection.fileno(), self._wakeup]
            if self._preload.trial is not None:
                watched.append(self._preload.trial)
            readable, _, _ = select.select(watched, [], [], timeout)
            if self._wakeup in readable:
                os.read(self._wakeup, 4096)
                self._report_exits()
            if self._connection.fileno() in readable:
                for request in self._receive():
                    if "preload" in request:
                        self._preload.add(request["preload"], request["own"], request["left_out"])
                    elif "leave" in request:
                        self._leaving = True
                    elif self._fork(request):
                        return request
            elif self._preload.trial in readable:
                if reasons := self._preload.hear():
                    self._send({"left_out": reasons})
            elif self._preload.waiting and (reasons := self._preload.step()):
                self._send({"spoilt": reasons})
        self._preload.stop()
        sys.exit(0)

    def _let_go(self) -> None:
        """Close, in a child, what is the zygote's own."""
        signal.set_wakeup_fd(-1)
        for number in (*_SUPERVISOR_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._connection.close()
        os.close(self._wakeup)
        os.close(self._wakeup_writer)

    def _receive(self) -> list[dict[str, Any]]:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._connection, 65536, 8)
        except ConnectionResetError:
            data, descriptors = b"", []
        if not data:
            self._end()
        self._descriptors += descriptors
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def _fork(self, request: dict[str, Any]) -> bool:
        """Fork; return True in the child, which is the new generation."""
        control = self._descriptors.pop(0)
        # Nothing that is alive now is garbage: without this, a collection in the child would
        # touch, and so copy, every page that it shares with us.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            request["control"] = control
            self._let_go()
            self._preload.leave_no_trace()
            if request["own_group"]:
                os.setpgid(0, 0)
            return True
        os.close(control)
        self._children.add(pid)
        self._send({"forked": request["number"], "pid": pid})
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
            self._send({"exited": pid, "code": os.waitstatus_to_exitcode(status)})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._connection.sendall(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
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


def _load(name: str) -> Any:
    """Load the module of this name beside this file: neither is on the path here."""
    path = os.path.join(os.path.dirname(__file__), f"{name}.py")  # noqa: PTH118, PTH120
    loader = importlib.machinery.SourceFileLoader(f"_zygote_{name}", path)
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module


def _become_generation(request: dict[str, Any]) -> NoReturn:
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:] = request["path"]
    sys.argv = request["argv"]
    if request["bytecode"]:
        # Also where Python is told not to write bytecode (many containers do): compiling the whole
        # project anew would take longer than all the rest of the start.
        sys.dont_write_bytecode = False
        sys.pycache_prefix = request["bytecode"]
    try:
        generation = importlib.import_module(request["module"])
    except Exception as error:  # noqa: BLE001 - printed whole; the supervisor goes on.
        traceback.print_exception(error.with_traceback(_without_importlib(error.__traceback__)))
        sys.exit(1)
    generation.main(request["control"], request["number"], request["arguments"])
    sys.exit(0)


def _without_importlib(tb: Any) -> Any:
    """Leave out the frames of this file and of the import machinery: they are not the user's."""
    while tb is not None and (
        tb.tb_frame.f_code.co_filename == __file__ or "importlib" in tb.tb_frame.f_code.co_filename
    ):
        tb = tb.tb_next
    return tb


if __name__ == "__main__":
    _become_generation(_Zygote(socket.socket(fileno=int(sys.argv[1])), float(sys.argv[2])).serve())
