"""The supervisor: swaps generations when the code changes, and replaces one that dies.

It knows changes, generations and processes, and nothing of Celery. `run()` tells the story.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import bytecode, messages, pulled
from .batch import Changes
from .channel import Channel, ChannelClosedError
from .launcher import Launcher
from .report import Report
from .stopping import HARD_STOP
from .watcher import Watcher

# Seconds that a generation which is retired before it was ready may go on booting.
_BOOT_GRACE = 2.0

# Seconds to wait for the exit code of a generation whose channel has closed. It comes at once on a
# quiet machine, and not at all if the zygote that forked it has died.
_EXIT_REPORT = 3.0

# Seconds that a retired generation without tasks still answers remote control beside the next one,
# so that no command meets neither.
_OVERLAP = 0.1

# Seconds after which a generation counts as healthy, and the next death as the first one.
_HEALTHY = 10.0

# Seconds between the deaths of generations and their replacement at the most.
_LONGEST_PAUSE = 30.0

# Retired generations that may run their tasks to the end at the same time: each is a worker
# with its pool, so this bounds the memory.
_MOST_RETIRED = 8


@dataclass(eq=False)
class _Generation:
    """A generation as the supervisor sees it."""

    number: int
    channel: Channel
    changes: Changes | None  # what it was started for; None: the start, or a death
    tasks_before: Collection[str]
    started_at: float = field(default_factory=time.monotonic)
    pid: int | None = None
    tasks: Collection[str] | None = None  # None until it is ready
    retired: bool = False
    listens: bool = False  # it has got the notes of earlier ones, and takes new ones
    was_busy: bool = False  # it was running tasks when it began to retire, and ends with the last


class Supervisor:
    """Runs generations, one after the other, until it is told to stop."""

    def __init__(self, root: Path, report: Report, *, grace: float) -> None:
        """Supervise the project in `root`.

        `grace` is how many seconds running tasks get to finish when the command is stopped.
        """
        self._root = root
        self._report = report
        self._grace = grace
        self._launcher: Launcher
        self._watcher: Watcher
        self._current: _Generation | None = None
        self._alive: list[_Generation] = []
        self._last = 0
        self._tasks: Collection[str] = ()
        self._known: set[str] = set()  # the tasks that any generation has had
        self._notes: dict[str, Any] = {}  # what generations hand on to the next ones
        self._noticed: dict[str, list[str]] = {}
        self._waiting: Changes | None = None  # for the end of all generations, to be tried again
        self._pause = 0.0
        self._replacement: asyncio.TimerHandle | None = None
        self._stopping = asyncio.Event()
        self._all_gone = asyncio.Event()
        self._exit_code = 0

    async def run(self, launcher: Launcher, watcher: Watcher) -> int:
        """Watch, swap and replace until SIGINT, SIGTERM or SIGHUP; return the exit code."""
        self._launcher, self._watcher = launcher, watcher
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        launcher.start()
        # Watch first: what is saved while the first generation boots is not missed.
        watcher.start()
        self._boot(None)
        await self._stopping.wait()
        await self._stop()
        return self._exit_code

    def changed(self, changes: Changes) -> None:
        """Swap the current generation for one that runs the changed code."""
        if self._stopping.is_set():
            return
        bytecode.forget(changes.paths, self._root)
        if changes.packages or self._launcher.holds(changes.paths):
            self._launcher.renew()
        self._pause = 0.0
        # Retire first: a task that is sent from now on never runs on the old code.
        if self._current is not None:
            self._retire(self._current)
        self._boot(changes)

    def forked(self, number: int, pid: int) -> None:
        """Note the process id of generation `number`."""
        for generation in self._alive:
            if generation.number == number:
                generation.pid = pid

    def exited(self, pid: int, code: int | None) -> None:
        """Take note of the end of the generation with process id `pid`."""
        for generation in self._alive:
            if generation.pid == pid:
                if generation.channel.readable():
                    self._read(generation)
                if generation in self._alive:
                    self._gone(generation, code)
                return

    def _boot(self, changes: Changes | None) -> None:
        self._waiting = None
        if self._replacement is not None:
            self._replacement.cancel()
            self._replacement = None
        self._last += 1
        ours, theirs = socket.socketpair()
        generation = _Generation(self._last, Channel(ours), changes, self._tasks)
        self._alive.append(generation)
        # It may be set: after code that did not load, no generation was left.
        self._all_gone.clear()
        self._current = generation
        asyncio.get_running_loop().add_reader(ours, self._read, generation)
        self._launcher.launch(generation.number, theirs)

    def _read(self, generation: _Generation) -> None:
        loop = asyncio.get_running_loop()
        try:
            received = generation.channel.receive()
        except ChannelClosedError:
            loop.remove_reader(generation.channel)
            # Its exit code usually follows at once; if the zygote has died, it never does.
            loop.call_later(_EXIT_REPORT, self._gone, generation, None)
            return
        for message in received:
            match message:
                case messages.Listening():
                    self._tell(generation, messages.Inherit(sorted(self._known), self._notes))
                    generation.listens = True
                case messages.Noted(notes):
                    self._hand_on(notes, generation)
                case messages.Ready(tasks):
                    self._ready(generation, tasks)
                case messages.Waiting(tasks):
                    self._report.waiting(tasks)
                case messages.Stopped(back, stuck, lost):
                    self._report.stopped(back, stuck, lost)
                case messages.ShutDown():
                    self._stopping.set()
                case messages.Retiring(running):
                    generation.was_busy = running > 0
                case messages.Loaded(foreign, own, folders):
                    self._launcher.learn(foreign, own)
                    for folder in map(Path, folders):
                        if self._root != folder and self._root not in folder.parents:
                            self._watcher.add(folder)
                case messages.Noticed(sentences):
                    self._notice("generation", sentences)
                case messages.Unusable(code):
                    # The options are wrong, and no save will fix them.
                    self._exit_code = code
                    self._stopping.set()
                case _:
                    raise messages.MessageError(f"{message} is not for the supervisor.")

    def _hand_on(self, notes: dict[str, Any], sender: _Generation) -> None:
        self._notes |= notes
        for generation in self._alive:
            if generation.listens and generation is not sender:
                self._tell(generation, messages.Noted(notes))

    def _ready(self, generation: _Generation, tasks: list[str]) -> None:
        generation.tasks = tasks
        self._known.update(tasks)
        if generation is not self._current:
            return
        asyncio.get_running_loop().call_later(_OVERLAP, self._let_go, generation.number)
        self._tasks = tasks
        now = time.monotonic()
        if generation.changes is None:
            self._report.started(generation.number, tasks, seconds=now - generation.started_at)
        else:
            self._report.reloaded(
                generation.number,
                generation.changes.paths,
                seconds=now - generation.changes.seen_at,
                before=generation.tasks_before,
                after=tasks,
                finishing=sum(g.was_busy for g in self._alive),
            )
        self._notice("folder", list(pulled.missing(self._root)))

    def _notice(self, source: str, sentences: list[str]) -> None:
        """Show what has to be done by hand: once, until it is done or something else is."""
        for sentence in sentences:
            if sentence not in self._noticed.get(source, ()):
                self._report.noticed(sentence)
        self._noticed[source] = sentences

    def _retire(self, generation: _Generation) -> None:
        generation.retired = True
        self._tell(generation, messages.Retire())
        if generation.tasks is None:
            # It has taken no task, so nothing is lost if its boot has to be cut short.
            asyncio.get_running_loop().call_later(_BOOT_GRACE, self._end_boot, generation)
        finishing = [g for g in self._alive if g.was_busy]
        if len(finishing) > _MOST_RETIRED:
            self._report.too_many(finishing[0].number)
            self._stop_hard(finishing[0])

    def _let_go(self, number: int) -> None:
        """Let the generations before `number` end, which is there now, or will not be."""
        for generation in self._alive:
            if generation.retired and generation.number < number:
                self._tell(generation, messages.Leave())

    def _end_boot(self, generation: _Generation) -> None:
        if generation in self._alive and generation.tasks is None:
            self._kill(generation)

    def _gone(self, generation: _Generation, code: int | None) -> None:
        if generation not in self._alive:
            return
        self._alive.remove(generation)
        asyncio.get_running_loop().remove_reader(generation.channel)
        generation.channel.close()
        if not self._alive:
            self._all_gone.set()
        if self._stopping.is_set():
            return
        if generation is self._current:
            self._let_go(generation.number)
        if generation.retired:
            if generation.was_busy:
                self._report.finished(generation.number)
        elif generation.tasks is None and code is not None and code >= 0:
            self._current = None
            self._broken(generation, code)
        else:
            self._current = None
            self._replace(generation, code)
        if self._waiting is not None and not self._alive:
            self._boot(self._waiting)

    def _broken(self, generation: _Generation, code: int) -> None:
        # What it needs, a port or a lock, may be what the ones before it still hold.
        if code == os.EX_TEMPFAIL and self._alive:
            self._waiting = generation.changes or Changes()
        paths = generation.changes.paths if generation.changes else ()
        self._report.broken(paths, tried_again=self._waiting is not None)
        self._notice("folder", list(pulled.missing(self._root)))

    def _replace(self, generation: _Generation, code: int | None) -> None:
        if time.monotonic() - generation.started_at > _HEALTHY:
            self._pause = 0.0
        self._report.died(generation.number, code, pause=self._pause)
        loop = asyncio.get_running_loop()
        self._replacement = loop.call_later(self._pause, self._boot, None)
        self._pause = min(max(1.0, self._pause * 2), _LONGEST_PAUSE)

    async def _stop(self) -> None:
        """Let running tasks finish for the grace period, then have them given back, then kill."""
        if self._replacement is not None:
            self._replacement.cancel()
        self._watcher.stop()
        for generation in self._alive:
            self._retire(generation)
        self._let_go(self._last + 1)
        await self._until_all_gone(self._grace)
        if any(generation.was_busy for generation in self._alive):
            self._report.grace_is_over(self._grace)
        for generation in self._alive:
            self._stop_hard(generation)
        await self._until_all_gone(HARD_STOP)
        for generation in self._alive:
            self._kill(generation)
        for generation in list(self._alive):
            self._gone(generation, None)
        self._launcher.stop()

    async def _until_all_gone(self, seconds: float) -> None:
        """Return when no generation is left, or after so many seconds."""
        if self._alive:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), seconds)

    def _stop_hard(self, generation: _Generation) -> None:
        """Have the generation give its running tasks back into the queue and end."""
        self._tell(generation, messages.Stop())

    def _tell(self, generation: _Generation, message: messages.Message) -> None:
        # If it is gone already, or about to be, its end is what comes next.
        generation.channel.send_unless_closed(message)

    def _kill(self, generation: _Generation) -> None:
        if generation.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(generation.pid) == generation.pid:
                os.killpg(generation.pid, signal.SIGKILL)
            else:
                os.kill(generation.pid, signal.SIGKILL)
