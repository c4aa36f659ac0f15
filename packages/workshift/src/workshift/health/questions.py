"""Asks things that may not answer, without ever waiting for long or asking twice at a time."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

# Seconds that an answer may take.
LIMIT = 2.0

# Seconds for which an answer is handed out again. However often somebody asks this process, it asks
# the database, the broker and the workers only this often.
FRESH = 2.0


class NoAnswerError(Exception):
    """There was no answer within `LIMIT` seconds."""


class Question(Generic[Answer]):
    """A function that asks something, in a thread of its own, one at a time.

    A question that gets no answer holds this thread, not the one that waits for it, and until it
    ends nobody else waits at all.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        """Prepare a question; nothing is asked yet."""
        self._ask = ask
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began = self._ended = float("-inf")
        self._answer: Answer
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Ask now, unless the last answer is fresh or still awaited."""
        with self._lock:
            if self._is_awaited() or time.monotonic() - self._ended < FRESH:
                return
            self._began = time.monotonic()
            # It must not keep a process from ending.
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def answer(self) -> Answer:
        """Return what the last `begin()` brought, or raise what was raised instead.

        Raises NoAnswerError if there is no answer in time.
        """
        if thread := self._thread:
            thread.join(max(self._began + LIMIT - time.monotonic(), 0))
        if self._is_awaited():
            raise NoAnswerError(f"It did not answer within {LIMIT:.0f} s.")
        if self._error:
            # Without it, the traceback would grow each time.
            raise self._error.with_traceback(None)
        return self._answer

    def answer_or(self, default: Answer) -> Answer:
        """Return the answer, or `default` if there is none."""
        try:
            return self.answer()
        except Exception:  # noqa: BLE001 - whatever it is, there is no answer.
            return default

    def _is_awaited(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is wanted.
            self._error = error
        else:
            self._error = None
        self._ended = time.monotonic()
