"""A clone of this repository, and the stack that runs in it."""

import re
import shutil
import signal
import socket
import subprocess
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
from workshift.testing.processes import DEADLINE, Process, eventually, free_port

from tests import ROOT


class Checkout:
    """A folder with a project in it, and what runs there."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], package: str = "django_celery"
    ) -> None:
        """Take what is in `folder`; what runs there gets exactly this environment, and a mark."""
        self.folder = folder
        self.settings = folder / package / "settings.py"
        self.dotenv = folder / ".env"
        self._mark = uuid.uuid4().hex
        self.environment = {**environment, "CLONE": self._mark}

    @property
    def redis_port(self) -> int:
        """The port that `.env` gives to the clone's own Redis."""
        return int(self.variable("REDIS_PORT"))

    def variable(self, name: str) -> str:
        """What `.env` says of a variable."""
        found = re.search(rf"^{name}=(.*)$", self.dotenv.read_text(), re.MULTILINE)
        assert found, f"{name} is not in {self.dotenv}."
        return found[1]

    def run(self, *command: str | Path, **environment: str) -> Process:
        """Start a command in the folder of the clone."""
        return Process(command, folder=self.folder, environment={**self.environment, **environment})

    def manage(self, *arguments: str, **environment: str) -> Process:
        """Start a management command; its output comes at once."""
        return self.run(
            self.folder / ".venv/bin/python",
            "-u",
            "manage.py",
            *arguments,
            **environment,
        )

    def processes(self) -> list[psutil.Process]:
        """What runs at the moment of all that was ever started here."""
        found = []
        for process in psutil.process_iter():
            try:
                # Redis overwrites its environment, but stays in the folder of its data.
                marked = process.environ().get("CLONE") == self._mark
                if marked or Path(process.cwd()).is_relative_to(self.folder):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def end(self) -> None:
        """Kill whatever a test has left behind, and return when it is gone."""

        def gone() -> bool:
            processes = self.processes()
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            return not processes

        eventually(gone)

    @contextmanager
    def edited(self, path: Path, edit: Callable[[str], str]) -> Iterator[None]:
        """Edit a file as an editor does that writes in place; undo it at the end of the block."""
        original = path.read_text()
        path.write_text(edit(original))
        try:
            yield
        finally:
            path.write_text(original)


class Clone(Checkout):
    """A clone of the repository, with what is not committed yet, in a folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Clone into `folder`; what runs there gets exactly this environment, and a mark."""
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        changed = [
            *_names("diff", "-z", "--name-only", "--no-renames", "HEAD"),
            *_names("ls-files", "-z", "--others", "--exclude-standard"),
        ]
        for name in changed:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        super().__init__(folder, environment)


def _names(*command: str) -> list[str]:
    """Return what a git command lists of the repository."""
    done = subprocess.run(
        ["git", *command], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.split("\0")[:-1]


class Stack(Process):
    """`./scripts/dev`, or another command that does the same, in a clone."""

    def __init__(
        self, clone: Checkout, command: Sequence[str | Path] = (), **environment: str
    ) -> None:
        """Start the stack on a free port, from another folder than the clone's."""
        self.clone = clone
        self.port = free_port()
        super().__init__(
            command or [clone.folder / "scripts" / "dev"],
            folder=clone.folder if command else Path("/"),
            environment={**clone.environment, "PORT": str(self.port), **environment},
        )

    def wait_until_ready(self) -> None:
        """Return when the worker takes tasks and the front page is served."""
        self.wait_for("Generation 1 is ready")
        eventually(self.answers)

    def answers(self, path: str = "/") -> bool:
        """Whether the web process serves the page at `path`."""
        try:
            Visitor(self.port).open(path)
        except OSError:
            return False
        return True

    def leaves_nothing(self) -> None:
        """Assert that no process of the clone is left and that its ports are free."""
        eventually(lambda: not self.clone.processes())
        for port in (self.port, self.clone.redis_port):
            assert not listens(port), f"Somebody still listens on port {port}."

    def visit(self, message: str) -> str:
        """Send a message with the form of the demo; return the path of its page."""
        return self.submit("/", email="visitor@example.com", message=message)

    def submit(self, path: str, **fields: str) -> str:
        """Send the form at `path`; return the path of the page that this leads to.

        Raises OSError if the connection breaks, which no edit is a reason for, and
        urllib.error.HTTPError if the answer is an error.
        """
        return Visitor(self.port).send(path, fields)

    def interrupt(self, patience: float = DEADLINE) -> int:
        """Press Ctrl-C; return the exit code.

        Raises subprocess.TimeoutExpired if the stack is still there after `patience` seconds.
        """
        self.tell(signal.SIGINT)
        return self.wait(patience)


@contextmanager
def running(clone: Checkout, **environment: str) -> Iterator[Stack]:
    """The stack, ready to be used; whatever is left of it at the end is killed."""
    stack = Stack(clone, **environment)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        clone.end()


class Visitor:
    """A browser without a screen: cookies, a form, redirects."""

    def __init__(self, port: int) -> None:
        """Come to the site on this port."""
        self._site = f"http://127.0.0.1:{port}"
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, path: str = "/") -> str:
        """Open the page at `path` and return it. Raises OSError if it is not served."""
        with self._browser.open(self._site + path, timeout=60) as page:
            return str(page.read().decode())

    def send(self, path: str, fields: Mapping[str, str]) -> str:
        """Fill in the form at `path` and send it; return the path of the page that this leads to.

        Raises urllib.error.HTTPError if the answer is an error.
        """
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.open(path))
        assert token
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        with self._browser.open(self._site + path, data, timeout=60) as page:
            return str(urllib.parse.urlsplit(page.url).path)


def listens(port: int) -> bool:
    """Whether anybody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
