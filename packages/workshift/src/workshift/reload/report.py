"""Writes what `runworker` says: one line a reload, full sentences, colour only on a terminal."""

import contextlib
import io
import signal
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from .. import paths
from . import stopping
from .messages import EX_PROTOCOL, Held, Unfit
from .pulled import some
from .terminal_of_stack import is_mine_to_say

_LIBRARY = __name__.partition(".")[0]

_COLOURS = {"good": "32", "bad": "31", "note": "36"}


class Report:
    """Writes the supervisor's lines to standard output, as `runworker` says them."""

    _finishing = "finishing {} tasks"
    _meanwhile = "tasks wait in the queue"

    def __init__(self, root: Path, *, verbose: bool = False) -> None:
        """Name files relative to `root`; `verbose` also says what is not imported in advance."""
        self._root = root
        self._verbose = verbose
        self._noticed: dict[str, list[str]] = {}
        self._unfit: set[Unfit] = set()
        # There is none if it was closed, as for a service.
        self._coloured = sys.stdout is not None and sys.stdout.isatty()
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name that the terminal cannot show must not cost the line.
            sys.stdout.reconfigure(errors="backslashreplace")

    def started(self, number: int, tasks: Collection[str], *, seconds: float) -> None:
        """Say that the first generation, or one after a death, serves."""
        self._say(
            "good",
            f"Generation {number} is ready after {seconds:.2f} s, with {_tasks(len(tasks))}.",
        )

    def reloaded(
        self,
        number: int,
        paths: Collection[Path],
        *,
        seconds: float,
        before: Collection[str],
        after: Collection[str],
        finishing: int,
    ) -> None:
        """Say that `number` runs the changed code, `seconds` after the change was seen.

        `finishing` old generations are still running tasks.
        """
        line = f"Reloaded in {seconds:.2f} s: generation {number} runs {self._files(paths)}."
        for sign, names in (
            ("+", sorted(set(after) - set(before))),
            ("-", sorted(set(before) - set(after))),
        ):
            line += "".join(f" {sign} {name}" for name in names)
        if finishing == 1:
            line += f" 1 old generation is still {self._finishing.format('its')}."
        elif finishing:
            line += f" {finishing} old generations are still {self._finishing.format('their')}."
        self._say("good", line)

    def importing(self) -> None:
        """Say what takes so long."""
        self._say("note", f"The whole project is being imported; {self._meanwhile} until it is.")

    def finished(self, number: int) -> None:
        """Say that the last task on the code of generation `number` has ended."""
        self._say("note", f"Generation {number} has finished its last task on the old code.")

    def misunderstood(self, sender: str, error: Exception) -> None:
        """Say that `sender` sent a message of an unknown type."""
        self._say(
            "bad",
            f"{sender} sent a message that this process does not understand: {error} If "
            f"{_LIBRARY} has been updated, restart this command.",
        )

    def broken(self, paths: Collection[Path], *, tried_again: bool) -> None:
        """Say that the code does not load; its traceback has been printed."""
        after = f" after the change of {self._files(paths)}" if paths else ""
        then = (
            "it is tried again once the old code has finished its tasks"
            if tried_again
            else "waiting for the next save"
        )
        self._say(
            "bad", f"The code does not load{after} (see above). Tasks wait in the queue; {then}."
        )

    def died(self, number: int, code: int | None, *, pause: float) -> None:
        """Say how generation `number` ended unasked, and that a new one starts in `pause` s."""
        when = f"in {pause:.0f} s" if pause else "now"
        self._say("bad", f"Generation {number} {_ending(code)}. A new one starts {when}.")

    def too_many(self, number: int) -> None:
        """Say that generation `number` is stopped although it still runs tasks."""
        self._say(
            "bad",
            f"Generation {number} is stopped: too many old generations are still running tasks. "
            "Its tasks go back into the queue if possible.",
        )

    def waiting(self, tasks: Mapping[str, int]) -> None:
        """Say how many messages are waiting for each task that is no longer in the code."""
        counted = ", ".join(f"{count} for {name}" for name, count in sorted(tasks.items()))
        self._say(
            "note",
            f"Messages are waiting for tasks that are no longer in the code: {counted}. They run as "
            "soon as the task is back.",
        )

    def grace_is_over(self, grace: float) -> None:
        """Say that the tasks that still run `grace` seconds after Ctrl-C are stopped."""
        self._say("note", f"Tasks still run after {grace:g} s (--grace), and are stopped now.")

    def stopped(self, back: int, stuck: int, lost: Collection[str]) -> None:
        """Say what happened to the tasks that a stopped generation was running.

        `back` are in the queue, `stuck` with the broker until it notices, `lost` (names) nowhere.
        """
        if back:
            went = "1 task went" if back == 1 else f"{back} tasks went"
            run = "runs" if back == 1 else "run"
            self._say("note", f"{went} back into the queue and {run} again.")
        if stuck:
            self._say(
                "bad",
                f"The broker did not answer in time to take {_tasks(stuck)} back. It hands them "
                "out again after its visibility timeout.",
            )
        if lost:
            self._say(
                "bad",
                f"Stopped for good, as they are acknowledged before they run (acks_late is off): "
                f"{', '.join(lost)}.",
            )

    def killed_before_the_end(self, grace: float) -> None:
        """Say that honcho kills the worker before a stop with `grace` is over."""
        takes, after = stopping.of_worker(grace), stopping.redis_patience()
        self._say(
            "bad",
            f"A stop with --grace {grace:g} may take {takes:g} s, but honcho, which started this "
            f"command, stops Redis after {after:g} s and then kills what is left: running tasks "
            "would not be given back. Start it with `python manage.py dev`, which waits as long as "
            f"needed, or with --grace {max(stopping.longest_that_fits(), 0):g} at most.",
        )

    def limits(self, sentences: Iterable[str]) -> None:
        """Say what the installed versions cannot do."""
        for sentence in sentences:
            self._say("note", sentence)

    def hint_at_manage(self) -> None:
        """Say, once, what lets the command start while the code is broken."""
        self._say(
            "note",
            "To let this command also start while the code is broken, and wait for the fix, replace "
            "the import of execute_from_command_line in manage.py: "
            f"from {_LIBRARY}.management import execute_from_command_line",
        )

    def channels_too(self) -> None:
        """Say which of the two commands of this name is running."""
        self._say(
            "note",
            f"Django Channels has a runworker command, too; this one is {_LIBRARY}'s. The app that "
            "comes first in INSTALLED_APPS wins. `python manage.py runceleryworker` always runs "
            "this one.",
        )

    def noticed(self, source: str, sentences: Iterable[str]) -> None:
        """Say what `source` wants done by hand: once, until it is done or something else is."""
        said, self._noticed[source] = self._noticed.get(source, []), list(sentences)
        for sentence in self._noticed[source]:
            if sentence not in said and is_mine_to_say(sentence, paths.run()):
                self._say("bad", sentence)

    def read_anew(self, paths: Collection[Path]) -> None:
        """Say that files have changed which need no new generation."""
        self._say("good", f"Changed, and live at once: {self._files(paths)}.")

    def left_out(self, reasons: Mapping[str, str]) -> None:
        """Say which modules are not imported in advance, and why, with `--verbose`."""
        if not self._verbose:
            return
        because = ", ".join(f"{name} ({reason})" for name, reason in sorted(reasons.items()))
        self._say("note", f"Each generation imports for itself: {because}.")

    def forked(self, number: int, origin: str) -> None:
        """Say what generation `number` was forked from, with `--verbose`."""
        if self._verbose:
            verb = "was started" if origin == "beginning" else "was forked"
            self._say("note", f"Generation {number} {verb} from the {origin}.")

    def held(self, snapshot: Held) -> None:
        """Say that there is a snapshot, with `--verbose`."""
        if not self._verbose:
            return
        name = "Snapshot of the set-up" if snapshot.set_up else "Snapshot"
        left = (
            "" if snapshot.set_up else f", and leaves {len(snapshot.left_out)} to the generations"
        )
        self._say(
            "note",
            f"{name} ready: it holds {len(snapshot.files)} modules of the project{left}. It takes "
            f"{snapshot.memory / 1e6:.0f} MB.",
        )

    def no_snapshot(self) -> None:
        """Say that none is made until something changes, with `--verbose`."""
        if self._verbose:
            self._say("note", "No snapshot can be made of the code as it is.")

    def unfit(self, reason: Unfit) -> None:
        """Say why there is no snapshot of the project: once."""
        if reason in self._unfit:
            return
        self._unfit.add(reason)
        who = (
            f"{reason.module} ({self._files([Path(reason.file)])})"
            if reason.module
            else "a package"
        )
        self._say(
            "note",
            f"Each generation imports the whole project: {who} {reason.does} when it is imported, "
            "which processes cannot share. If that happens in a function instead, reloads are "
            "faster.",
        )

    def preload_failed(self, code: int) -> None:
        """Say that the zygote ended with `code`, and nothing is imported in advance from now on."""
        if code == EX_PROTOCOL:
            self._say(
                "bad",
                f"{_LIBRARY} has been updated while this command was running. Restart this command.",
            )
            return
        self._say(
            "bad",
            f"The process that imports packages in advance {_ending(code)} before it could start a "
            "generation. Each generation now imports them itself, so reloads take longer. If this "
            "happens again, one of the packages cannot be imported that way: run this command with "
            "--no-preload.",
        )

    def polling(self) -> None:
        """Say that the files are polled, and how to get events."""
        self._say(
            "bad",
            "The system has no file watches left, so files are checked twice a second. For instant "
            "reloads, raise the limit: sudo sysctl fs.inotify.max_user_watches=524288 "
            "fs.inotify.max_user_instances=512, then restart this command.",
        )

    def watching_failed(self, error: Exception, *, polls: bool) -> None:
        """Say that file watching had stopped, and how it continues."""
        now = (
            "Files are checked twice a second instead; restart this command for instant reloads."
            if polls
            else "It has been started again."
        )
        self._say(
            "bad",
            f"File watching stopped ({_reason(error)}). {now} Nothing saved in the meantime is "
            "missed.",
        )

    def look_failed(self, error: Exception) -> None:
        """Say that the files could not be checked."""
        self._say(
            "bad",
            f"Files cannot be checked ({_reason(error)}). This is tried again twice a second, and "
            "what you save now is live once it works.",
        )

    def root_is_missing(self) -> None:
        """Say that the project's folder is gone."""
        self._say(
            "bad",
            f"The folder {self._root} is gone. The worker keeps running the code it has loaded, and "
            "reloads when the folder is back.",
        )

    def _files(self, paths: Collection[Path]) -> str:
        names = sorted(
            str(path.relative_to(self._root)) if self._root in path.parents else str(path)
            for path in paths
        )
        return some(names)

    def _say(self, kind: str, line: str) -> None:
        if self._coloured:
            line = f"\x1b[{_COLOURS[kind]}m{line}\x1b[0m"
        # A terminal that has been closed must not keep what is being reported from being done.
        with contextlib.suppress(OSError, ValueError):
            print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ending(code: int | None) -> str:
    if code is None:
        return "has died"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"exited with code {code}"
