"""The run that is recorded: the stack in a terminal, and what its user does meanwhile."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from workshift.testing import programs

from tests.repository.stack.clone import Visitor

_VISITOR = "anna@example.com"

# Seconds to wait for anything; the longest is the installation of the packages.
_PATIENCE = 300

_TEMPLATE = "feedback/templates/feedback/form.html"
_HEADING = '<h1>{% translate "Tell us what you think" %}</h1>'
_NEW_HEADING = "Live in no time"

_TASKS = "feedback/tasks.py"
_SUBJECT = 'gettext("Your Feedback")'
_NEW_SUBJECT = '"Live in the worker"'


@dataclass(frozen=True)
class Moment:
    """What happens, and when: a line in the terminal, a step of the user's, or another page."""

    seconds: float
    text: str
    is_step: bool = False
    is_page: bool = False  # the open page has this heading from now on


class Terminal:
    """A command in a terminal of its own, and all lines that it has written."""

    def __init__(self, command: str, folder: Path, variables: dict[str, str]) -> None:
        """Start the command in `folder`."""
        ours, theirs = pty.openpty()
        self._screen = ours
        self._begin = time.monotonic()
        self._changed = threading.Condition()
        self._ended = False
        self.moments: list[Moment] = []
        self.step(f"Start everything: {command}")
        self.moments.append(Moment(0, f"$ {command}"))
        # uv is found, as on most machines: how pip installs it is of no interest here.
        path = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
        self.process = subprocess.Popen(
            [command],
            cwd=folder,
            env=os.environ | {"PATH": path} | variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def step(self, text: str) -> None:
        """Note what the user does now."""
        with self._changed:
            self.moments.append(Moment(time.monotonic() - self._begin, text, is_step=True))

    def show_page(self, heading: str) -> None:
        """Note what the open page shows from now on."""
        with self._changed:
            seconds = time.monotonic() - self._begin
            self.moments.append(Moment(seconds, heading, is_page=True))

    def wait_for(self, *texts: str) -> None:
        """Return when lines after the last step hold these. Raises SystemExit if they never do."""

        def there() -> bool:
            last = max(i for i, moment in enumerate(self.moments) if moment.is_step)
            lines = "\n".join(moment.text for moment in self.moments[last + 1 :])
            return self._ended or all(text in lines for text in texts)

        with self._changed:
            if not self._changed.wait_for(there, _PATIENCE) or self._ended:
                everything = "\n".join(moment.text for moment in self.moments)
                raise SystemExit(f"{everything}\n\nThis was not written: {texts}")

    def stop(self) -> None:
        """Press Ctrl-C, and return when all that was written is read."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                rest += os.read(self._screen, 65536)
            except OSError:  # How Linux says that nobody holds the other end any more.
                break
            *lines, rest = rest.split(b"\n")
            now = time.monotonic() - self._begin
            with self._changed:
                for line in lines:
                    self.moments.append(Moment(now, line.decode().rstrip("\r")))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def record(folder: Path, port: int) -> list[Moment]:
    """Run `./scripts/dev` in the clone `folder`, with its page open; edit page and task."""
    with _stack(folder, port) as stack, _page() as page:
        stack.wait_for("Everything is running")
        page.goto(f"http://localhost:{port}/")
        heading = page.get_by_role("heading", level=1)
        stack.show_page(heading.inner_text())

        stack.step(f"Edit {_TEMPLATE} and save: {_NEW_HEADING}")
        _edit(folder / _TEMPLATE, _HEADING, f"<h1>{_NEW_HEADING}</h1>")
        expect(heading).to_have_text(_NEW_HEADING)
        stack.show_page(heading.inner_text())
        stack.wait_for("generation 2 runs")

        stack.step("Send a message with the form in the browser")
        Visitor(port).send("/", {"email": _VISITOR, "message": "Hello!"})
        stack.wait_for("Subject: Your Feedback", "succeeded in")

        # As nobody edits so fast: the task just done would still be seen on its way out.
        time.sleep(1)
        stack.step(f"Edit {_TASKS} and save: subject = {_NEW_SUBJECT}")
        _edit(folder / _TASKS, _SUBJECT, _NEW_SUBJECT)
        stack.wait_for("generation 3 runs")

        stack.step("Send another message")
        Visitor(port).send("/", {"email": _VISITOR, "message": "Hello again!"})
        stack.wait_for(f"Subject: {_NEW_SUBJECT.strip('"')}", "succeeded in")

        stack.step("Press Ctrl-C")
    return stack.moments


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    if old not in text:
        raise SystemExit(f"{path} has no {old} to be edited.")
    path.write_text(text.replace(old, new))


@contextmanager
def _page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=arguments)
        yield browser.new_page()
        browser.close()


@contextmanager
def _stack(folder: Path, port: int) -> Iterator[Terminal]:
    variables = {"PORT": str(port), "COLUMNS": "100", "TERM": "xterm-256color"}
    terminal = Terminal("./scripts/dev", folder, variables)
    try:
        yield terminal
    finally:
        terminal.stop()
