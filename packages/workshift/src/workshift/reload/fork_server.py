"""Forks processes as the supervisor asks, and says how each of them has ended.

The request for a generation brings that one's end of its control channel as a file descriptor.
When the supervisor is gone, however it went, the server's channel is at its end, and the server
takes everything that it has forked down with it.

The zygote loads this file by its path, so it imports the standard library only.
"""

import gc
import os
import select
import signal
import time
from collections.abc import Collection
from typing import NoReturn

from . import messages
from .channel import Channel, ChannelClosedError

SUPERVISOR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ForkServer:
    """Serves the supervisor until it is told to leave, and all that was forked has ended."""

    def __init__(self, channel: Channel, abandoned_grace: float) -> None:
        """Serve what comes through `channel`.

        `abandoned_grace` is how many seconds what was forked gets to end by itself once the
        supervisor is gone.
        """
        self.channel = channel
        self._abandoned_grace = abandoned_grace
        self._children: set[int] = set()
        self._requests: list[tuple[messages.Fork, int]] = []
        self._leaving = False
        self._wakeup, self._wakeup_writer = os.pipe()

    def serve(self) -> tuple[messages.Fork, int]:
        """Serve the supervisor's requests; return in a forked process only.

        Returns its request and its control channel's descriptor.
        """
        # The supervisor decides when generations stop; a Ctrl-C in the terminal reaches us, too.
        for number in SUPERVISOR_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        os.set_blocking(self._wakeup_writer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_writer, warn_on_full_buffer=False)
        while self._children or not self._leaving:
            watched = [self.channel.fileno(), self._wakeup, *self.sources()]
            readable, _, _ = select.select(watched, [], [], 0 if self.has_work() else None)
            if self._wakeup in readable:
                os.read(self._wakeup, 4096)
                self._report_exits()
            if self.channel.fileno() in readable:
                for message in self._receive():
                    self.hear(message)
            else:
                self.work(readable)
            for request, control in list(self._requests):
                if self.may_fork(request):
                    self._requests.remove((request, control))
                    if self._fork(request, control):
                        return request, control
        self.end()
        # Not sys.exit(): what the imported modules want to do at the end is not for this process.
        os._exit(0)

    def sources(self) -> Collection[int]:
        """Return descriptors to wait for besides the server's own."""
        return ()

    def has_work(self) -> bool:
        """Tell whether there is something to do without waiting."""
        return False

    def work(self, readable: Collection[int]) -> None:
        """Do one piece of what there is to do; `readable` are descriptors that are ready."""

    def may_fork(self, request: messages.Fork) -> bool:
        """Tell whether `request` need not wait any longer."""
        del request
        return True

    def hear(self, message: messages.Message) -> None:
        """Obey the supervisor; raise `MessageError` if the message is not for a fork server."""
        match message:
            case messages.Leave():
                self._leaving = True
            case messages.Fork():
                self._requests.append((message, self.channel.descriptors.pop(0)))
            case _:
                raise messages.MessageError(f"{message} is not for a fork server.")

    def in_child(self) -> None:
        """Let go, in a forked process, of what is the server's own."""
        signal.set_wakeup_fd(-1)
        for number in (*SUPERVISOR_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self.channel.close()
        os.close(self._wakeup)
        os.close(self._wakeup_writer)
        for _, control in self._requests:
            os.close(control)

    def end(self) -> None:
        """Be told that the process is about to end."""

    def send(self, message: messages.Message) -> None:
        """Tell the supervisor; if it is gone, end."""
        try:
            self.channel.send(message)
        except ChannelClosedError:
            self._abandoned()

    def _receive(self) -> list[messages.Message]:
        try:
            return self.channel.receive()
        except ChannelClosedError:
            self._abandoned()

    def _fork(self, request: messages.Fork, control: int) -> bool:
        """Fork; return True in the child."""
        # Nothing that is alive now is garbage: without this, a collection in the child would
        # touch, and so copy, every page that it shares with us.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self.in_child()
            if request.own_group:
                os.setpgid(0, 0)
            return True
        os.close(control)
        self._children.add(pid)
        self.send(messages.Forked(request.number, pid))
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
            self.send(messages.Exited(pid, os.waitstatus_to_exitcode(status)))

    def _abandoned(self) -> NoReturn:
        self.end()
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
        os._exit(0)


def _kill_group(pid: int) -> None:
    """Kill what is left of the group that `pid` leads; a generation without one has none."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
