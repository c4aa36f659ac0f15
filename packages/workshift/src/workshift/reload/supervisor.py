"""Swaps generations when the code changes, and replaces one that dies.

It knows changes, generations and processes, and nothing of Celery. All that happens comes as an
event, and `_handle()` says what follows from each.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from . import bytecode, events, messages, pulled
from .batch import Changes
from .channel import Channel
from .events import Event
from .generation_handle import GenerationHandle
from .launcher import Launcher
from .report import Report
from .stopping import HARD_STOP
from .watcher import Watcher

# Seconds that a generation which is retired before it was ready may go on booting.
_BOOT_GRACE = 2.0

# Seconds of boot after which it is said what takes so long.
_LONG_BOOT = 2.0

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


class Supervisor:
    """Runs generations, one after the other, until it is told to stop."""

    def __init__(
        self,
        root: Path,
        queue: asyncio.Queue[Event],
        launcher: Launcher,
        watcher: Watcher,
        report: Report,
        *,
        grace: float,
    ) -> None:
        """Supervise generations of the launcher's kind, for the project in `root`.

        `launcher` and `watcher` post their events to `queue`. `grace` is how many seconds running tasks or
        requests get to finish when the command is stopped.
        """
        self._root = root
        self._queue = queue
        self._kind = launcher.kind
        self._launcher = launcher
        self._watcher = watcher
        self._report = report
        self._grace = grace
        self._current: GenerationHandle | None = None
        self._alive: list[GenerationHandle] = []
        self._last = 0
        self._tasks: Collection[str] = ()
        self._known: set[str] = set()  # the tasks that any generation has had
        self._notes: dict[str, Any] = {}  # what generations hand on to the next ones
        self._waiting: Changes | None = None  # for the end of all generations, to be tried again
        self._pause = 0.0
        self._stopping = False
        self._exit_code = 0

    async def run(self) -> int:
        """Watch, swap and replace until SIGINT, SIGTERM or SIGHUP; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._queue.put_nowait, events.StopRequested())
        self._launcher.start()
        # Watch first: what is saved while the first generation boots is not missed.
        self._watcher.start()
        self._boot(None)
        while self._alive or not self._stopping:
            event = await self._queue.get()
            try:
                self._handle(event)
            except Exception as error:  # noqa: BLE001 - shown whole; the supervisor goes on.
                what = f"Error after {type(event).__name__}"
                loop.call_exception_handler({"message": what, "exception": error})
        self._launcher.stop()
        return self._exit_code

    def _handle(self, event: Event) -> None:
        match event:
            case Changes():
                if event.paths and all(map(self._kind.reads_anew, event.paths)):
                    self._pass_on(event)
                else:
                    self._swap(event)
            case messages.Forked(number, pid):
                for generation in self._alive:
                    if generation.number == number:
                        generation.pid = pid
            case events.Said(generation, message):
                self._hear(generation, message)
            case events.Misunderstood(generation, error):
                self._report.misunderstood(f"Generation {generation.number}", error)
            case events.ZygoteMisunderstood(error):
                self._report.misunderstood("The process that forks generations", error)
            case events.OverlapOver(number):
                self._let_go(number)
            case events.BootGraceOver(generation):
                # It has begun nothing, so nothing is lost if its boot is cut short.
                if generation in self._alive and not generation.serves:
                    generation.kill()
            case events.BootIsLong(generation):
                if generation is self._current and not generation.serves:
                    self._report.importing()
            case messages.Exited(pid, code):
                for generation in self._alive:
                    if generation.pid == pid:
                        # What it has said comes first.
                        generation.read()
                        self._queue.put_nowait(events.Gone(generation, code))
            case events.HungUp(generation):
                # Its exit code usually follows at once; if the zygote has died, it never does.
                self._later(_EXIT_REPORT, events.Gone(generation, None))
            case events.Gone(generation, code):
                self._gone(generation, code)
            case events.PauseOver(number):
                if number == self._last and not self._stopping:
                    self._boot(None)
            case messages.LeftOut(reasons):
                self._report.left_out(reasons)
            case messages.Held():
                self._report.held(event)
            case events.NoSnapshot():
                self._report.no_snapshot()
            case messages.Unfit():
                self._report.unfit(event)
            case events.PreloadFailed(code):
                self._report.preload_failed(code)
            case events.StopRequested():
                self._stop()
            case events.GraceOver():
                self._stop_hard()
            case events.HardStopOver():
                for generation in list(self._alive):
                    generation.kill()
                    self._gone(generation, None)

    def _hear(self, sender: GenerationHandle, message: messages.Message) -> None:
        match message:
            case messages.Listening():
                sender.tell(messages.Inherit(sorted(self._known), self._notes))
                sender.inherited = True
            case messages.Noted(notes):
                self._notes |= notes
                for generation in self._alive:
                    if generation.inherited and generation is not sender:
                        generation.tell(message)
            case messages.Ready(tasks):
                self._ready(sender, tasks)
            case messages.Broken(code):
                sender.serves = True
                if sender is self._current and not sender.stands_in:
                    self._broken(sender, code)
            case messages.Loaded(foreign, own, booted, folders):
                if sender is self._current:
                    self._launcher.learn(foreign, own, booted)
                for folder in map(Path, folders):
                    if self._root != folder and self._root not in folder.parents:
                        self._watcher.add(folder)
            case messages.Noticed(sentences):
                self._report.noticed("generation", sentences)
            case messages.Waiting(tasks):
                self._report.waiting(tasks)
            case messages.Retiring(running):
                sender.was_busy = running > 0
            case messages.Stopped(back, stuck, lost):
                self._report.stopped(back, stuck, lost)
            case messages.ShutDown():
                self._stop()
            case messages.Unusable(code):
                # The options are wrong, and no save will fix them.
                self._exit_code = code
                self._stop()
            case _:
                error = messages.MessageError(f"{message} is not for the supervisor.")
                self._report.misunderstood(f"Generation {sender.number}", error)

    def _swap(self, changes: Changes) -> None:
        """Swap the current generation for one that runs the changed code."""
        if self._stopping:
            return
        bytecode.forget(changes.paths, self._root)
        self._launcher.changed(changes)
        self._pause = 0.0
        # Retire first: a task that is sent from now on never runs on the old code.
        if self._current is not None:
            self._retire(self._current)
        self._boot(changes)

    def _pass_on(self, changes: Changes) -> None:
        """Tell the current generation of changes that it needs no successor for."""
        if self._current is not None and not self._stopping:
            self._current.tell(messages.Changed(sorted(map(str, changes.paths))))
            self._report.read_anew(changes.paths)

    def _boot(self, changes: Changes | None, *, instead: str = "") -> None:
        """Start a generation; `instead` says why it is to load no code, and answer with that."""
        if not instead:
            self._waiting = None
        self._last += 1
        ours, theirs = socket.socketpair()
        generation = GenerationHandle(
            self._last, Channel(ours), changes, self._tasks, self._queue.put_nowait
        )
        generation.stands_in = bool(instead)
        self._alive.append(generation)
        self._current = generation
        generation.listen()
        origin = self._launcher.launch(generation.number, theirs, [instead] if instead else [])
        self._report.forked(generation.number, origin)
        self._later(_LONG_BOOT, events.BootIsLong(generation))

    def _ready(self, generation: GenerationHandle, tasks: list[str]) -> None:
        generation.serves = True
        self._known.update(tasks)
        if generation is not self._current:
            return
        self._later(_OVERLAP, events.OverlapOver(generation.number))
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
                finishing=len(self._busy()),
            )
        self._report.noticed("folder", pulled.missing(self._root))

    def _retire(self, generation: GenerationHandle) -> None:
        generation.retired = True
        generation.tell(messages.Retire())
        if not generation.serves:
            self._later(_BOOT_GRACE, events.BootGraceOver(generation))
        if len(finishing := self._busy()) > _MOST_RETIRED:
            self._report.too_many(finishing[0].number)
            finishing[0].tell(messages.Stop())

    def _let_go(self, number: int) -> None:
        """Let the generations before `number` end, which is there now, or will not be."""
        for generation in self._alive:
            if generation.retired and generation.number < number:
                generation.tell(messages.Leave())

    def _gone(self, generation: GenerationHandle, code: int | None) -> None:
        if generation not in self._alive:
            return
        self._alive.remove(generation)
        generation.close()
        if self._stopping:
            return
        if generation is self._current:
            self._let_go(generation.number)
        if generation.retired:
            if generation.was_busy:
                self._report.finished(generation.number)
        elif not (generation.serves or generation.stands_in) and code is not None and code >= 0:
            self._current = None
            self._broken(generation, code)
            if self._kind.answers_when_broken:
                ended = f"A module of the project ended the process with code {code}."
                self._boot(None, instead=ended)
        else:
            self._current = None
            self._replace(generation, code)
        if self._waiting is None:
            return
        if not self._alive:
            self._boot(self._waiting)
        elif (last := self._current) is not None and self._alive == [last]:
            # It only answers that the code does not load. Until it has ended, whatever it still
            # holds itself would be in the way of the next one.
            self._current = None
            self._retire(last)
            last.tell(messages.Stop())

    def _broken(self, generation: GenerationHandle, code: int) -> None:
        # What it needs, a port or a lock, may be what the ones before it still hold.
        if code == os.EX_TEMPFAIL and self._others(generation):
            self._waiting = generation.changes or Changes()
        paths = generation.changes.paths if generation.changes else ()
        self._report.broken(paths, tried_again=self._waiting is not None)
        self._report.noticed("folder", pulled.missing(self._root))

    def _replace(self, generation: GenerationHandle, code: int | None) -> None:
        if time.monotonic() - generation.started_at > _HEALTHY:
            self._pause = 0.0
        self._report.died(generation.number, code, pause=self._pause)
        self._later(self._pause, events.PauseOver(generation.number))
        self._pause = min(max(1.0, self._pause * 2), _LONGEST_PAUSE)

    def _stop(self) -> None:
        """Let running tasks finish for the grace period; then come _stop_hard() and the end."""
        if self._stopping:
            return
        self._stopping = True
        self._watcher.stop()
        for generation in self._alive:
            self._retire(generation)
        self._let_go(self._last + 1)
        self._later(self._grace, events.GraceOver())

    def _stop_hard(self) -> None:
        """Have the running tasks given back into the queue."""
        if self._busy():
            self._report.grace_is_over(self._grace)
        for generation in self._alive:
            generation.tell(messages.Stop())
        self._later(HARD_STOP, events.HardStopOver())

    def _others(self, generation: GenerationHandle | None) -> list[GenerationHandle]:
        return [one for one in self._alive if one is not generation]

    def _busy(self) -> list[GenerationHandle]:
        """Return the generations that are finishing their last tasks."""
        return [generation for generation in self._alive if generation.was_busy]

    def _later(self, seconds: float, event: Event) -> None:
        asyncio.get_running_loop().call_later(seconds, self._queue.put_nowait, event)
