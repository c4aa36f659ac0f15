"""Asks the measured server for pages, each on a new connection as a stranger's browser would."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.started import PATIENCE

# Seconds between two requests, while a page of new code is waited for.
INTERVAL = 0.01

# Seconds between two of a steady flow: 50 a second.
_FLOW = 0.02

# Seconds after which a request counts as left without an answer.
_TIMEOUT = 10.0


@dataclass(frozen=True)
class Answer:
    """What became of a request; times in seconds of the system's monotonic clock."""

    began: float
    ended: float
    status: str  # of HTTP, or why there is none
    version: int | None = None  # of the code that answered, if a page came


def ask(port: int, path: str = "/", seconds: float = _TIMEOUT) -> Answer:
    """Ask for a page, and wait for what becomes of it, for so many seconds at most."""
    began = time.monotonic()
    version = None
    try:
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        ) as connection:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            body = response.read()
        status = str(response.status)
        if status == "200":
            version = int(body)
    except ConnectionRefusedError:
        status = "refused"
    except TimeoutError:
        status = "no answer"
    except (OSError, http.client.HTTPException, ValueError):
        # The last one is a page without its text: the process has ended while it was sent.
        status = "cut"
    return Answer(began, time.monotonic(), status, version)


def until_answered(
    port: int,
    version: int,
    since: float,
    path: str = "/",
    *,
    is_hopeless: Callable[[], bool] = lambda: False,
) -> float | None:
    """Ask for the page every 10 ms until `version` has made it.

    Returns the seconds from `since` (monotonic clock) to then, or None if the server hangs or
    `is_hopeless()`.
    """
    while time.monotonic() < since + PATIENCE and not is_hopeless():
        answer = ask(port, path)
        if answer.version == version:
            return answer.ended - since
        time.sleep(max(0, answer.began + INTERVAL - time.monotonic()))
    return None


class Flow:
    """Fifty requests a second, whatever becomes of them."""

    def __init__(self, port: int) -> None:
        """Prepare to ask the server at `port`."""
        self.answers: list[Answer] = []
        self._port = port
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def flowing(self) -> Iterator[None]:
        """Keep asking for the length of a `with` block, and then wait for what is under way."""
        stop = threading.Event()
        asking: list[threading.Thread] = []

        def send() -> None:
            due = time.monotonic()
            while not stop.is_set():
                asking.append(threading.Thread(target=self._ask))
                asking[-1].start()
                due += _FLOW
                stop.wait(due - time.monotonic())

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield
        finally:
            stop.set()
            sender.join()
            for thread in asking:
                thread.join()

    def first_of(self, version: int, seconds: float) -> Answer | None:
        """Wait for the first page of `version`; None if there is none after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._first(version), seconds)

    def _first(self, version: int) -> Answer | None:
        return next((answer for answer in self.answers if answer.version == version), None)

    def _ask(self) -> None:
        answer = ask(self._port)
        with self._changed:
            self.answers.append(answer)
            self._changed.notify_all()
