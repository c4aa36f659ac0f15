"""A small site in a folder of its own, its `runserver` as a process, and clients."""

import http.client
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.files import Files
from workshift.testing.processes import DEADLINE, Process, descendants, eventually, free_port

SETTINGS = """
DEBUG = True
SECRET_KEY = "not for production"
ALLOWED_HOSTS = []
ROOT_URLCONF = "mysite.urls"
INSTALLED_APPS = ["workshift", "django.contrib.staticfiles", "pages"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
MIDDLEWARE = []
STATIC_URL = "static/"
LOGGING_CONFIG = None
"""

URLS = """
from django.urls import path

from pages import views

urlpatterns = [
    path("", views.page),
    path("version", views.version),
    path("slow", views.slow),
    path("stream", views.stream),
]
"""

VIEWS = """
import os
import time

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

VERSION = 0


def page(request):
    return render(request, "page.html", {"version": VERSION})


def version(request):
    return HttpResponse(str(VERSION))


def slow(request):
    # Until the test says so, by making this file.
    begun, go = request.GET["begun"], request.GET["go"]
    open(begun, "w").close()
    while not os.path.exists(go):
        time.sleep(0.01)
    return HttpResponse(str(VERSION))


def stream(request):
    def chunks():
        while True:
            yield f"{VERSION}\\n"
            time.sleep(0.01)

    return StreamingHttpResponse(chunks(), content_type="text/event-stream")
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<title>Page</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/page.css">
</head>
<body>
<h1>Version {{ version }}</h1>
<form><input name="text" aria-label="Text"></form>
</body>
</html>
"""

MANAGE = """
import os
import sys

from workshift.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    execute_from_command_line(sys.argv)
"""


class Site(Files):
    """A project of one app in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Write the project's files into `folder`, which must not exist."""
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.write("manage.py", MANAGE)
        self.write("mysite/__init__.py", "")
        self.write("mysite/settings.py", SETTINGS)
        self.write("mysite/urls.py", URLS)
        self.write("pages/__init__.py", "")
        self.write("pages/views.py", VIEWS)
        self.write("pages/templates/page.html", PAGE)
        self.write("pages/static/page.css", "h1 { color: rgb(1, 2, 3) }")

    def save_version(self, version: int) -> None:
        """Give the views another version."""
        text = re.sub(r"VERSION = \d+", f"VERSION = {version}", self.read("pages/views.py"))
        self.write("pages/views.py", text)

    def get(
        self, path: str = "/version", host: str | None = None, accept: str = "*/*"
    ) -> tuple[int, str]:
        """Return the status and the body of an answer, over a new connection."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            client.request("GET", path, headers={"Host": host or "localhost", "Accept": accept})
            answer = client.getresponse()
            return answer.status, answer.read().decode()
        finally:
            client.close()

    def wait_for_version(self, version: int) -> None:
        """Wait until a request is answered by the code of `version`."""
        eventually(lambda: self.get() == (200, str(version)), f"version {version} answers")

    @contextmanager
    def starting(
        self,
        *options: str,
        where: str | None = None,
        manage: str | None = None,
        **variables: str,
    ) -> Iterator["Server"]:
        """Run `runserver` until the block ends; `manage` is its path from the folder above."""
        server = Server(self, where or str(self.port), options, variables, manage)
        try:
            yield server
        except BaseException:
            server.stop()
            print(server.process.output)
            raise
        server.stop()

    @contextmanager
    def server(
        self,
        *options: str,
        where: str | None = None,
        manage: str | None = None,
        **variables: str,
    ) -> Iterator["Server"]:
        """Run `runserver` as `starting()` does; wait until it is ready."""
        with self.starting(*options, where=where, manage=manage, **variables) as server:
            server.process.next_line("The site is ready")
            yield server

    def begin_slow_request(self, name: str) -> "SlowRequest":
        """Send a request, and return when it is being answered."""
        return SlowRequest(self, name)


class Server:
    """A `runserver` process and what it has said."""

    def __init__(
        self,
        site: Site,
        where: str,
        options: tuple[str, ...],
        variables: dict[str, str],
        manage: str | None,
    ) -> None:
        """Start the command."""
        kept = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}}
        self.process = Process(
            [sys.executable, manage or "manage.py", "runserver", where, *options],
            folder=site.folder.parent if manage else site.folder,
            environment=kept | {"PYTHONUNBUFFERED": "1"} | variables,
        )

    def generations(self) -> list[int]:
        """Return the process ids of the generations that are alive."""
        # All else that is forked has one thread.
        return sorted(pid for pid in descendants(self.process.pid) if thread_count(pid) > 1)

    def stop(self) -> int:
        """Send SIGTERM, if it still runs, and return the exit code."""
        if self.process.process.poll() is None:
            self.process.tell(signal.SIGTERM)
        return self.process.wait()


def thread_count(pid: int) -> int:
    """Return how many threads a process has; 0 if it has ended."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except FileNotFoundError:
        return 0


class SlowRequest:
    """A request that is being answered until it is let go."""

    def __init__(self, site: Site, name: str) -> None:
        """Begin it in a thread; `name` is for its files."""
        self._go = site.folder / f"{name}.go"
        begun = site.folder / f"{name}.begun"
        self._answers: list[tuple[int, str]] = []
        self._thread = threading.Thread(
            target=lambda: self._answers.append(site.get(f"/slow?begun={begun}&go={self._go}"))
        )
        self._thread.start()
        eventually(begun.exists, "the request has begun")

    def let_go(self) -> tuple[int, str]:
        """Have it answered, and return its status and body."""
        self._go.touch()
        self._thread.join(DEADLINE)
        [answer] = self._answers
        return answer


class Traffic:
    """Clients that ask for the version all the time, and note what becomes of it."""

    def __init__(self, site: Site) -> None:
        """Ask over new connections, over one that is kept, and over some that wait for long."""
        self.faults: Counter[str] = Counter()
        self.answers = 0
        self._site = site
        self._newest = -1
        self._lock = threading.Lock()
        self._stop = threading.Event()
        targets = (self._over_new_connections, self._over_a_kept_connection, self._early)
        self._threads = [threading.Thread(target=target) for target in targets]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _over_new_connections(self) -> None:
        while not self._stop.wait(0.03):
            client = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=DEADLINE)
            self._ask(client)
            client.close()

    def _over_a_kept_connection(self) -> None:
        client = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=DEADLINE)
        client.connect()
        # Whoever closes it has lost an answer, or would, with a client that asks at that moment.
        client.auto_open = 0
        while not self._stop.wait(0.03):
            self._ask(client)
        client.close()

    def _early(self) -> None:
        """As a browser does: connect first, and ask later."""
        while not self._stop.is_set():
            with socket.create_connection(("127.0.0.1", self._site.port), DEADLINE) as connection:
                self._stop.wait(0.2)
                client = http.client.HTTPConnection("127.0.0.1", self._site.port)
                client.sock = connection
                client.auto_open = 0
                self._ask(client)

    def _ask(self, client: http.client.HTTPConnection) -> None:
        with self._lock:
            newest = self._newest
        try:
            client.request("GET", "/version", headers={"Host": "localhost"})
            answer = client.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.faults[f"{type(error).__name__}: {error}"] += 1
            return
        self.answers += 1
        if answer.status != 200:
            self.faults[str(answer.status)] += 1
        elif int(body) < newest:
            self.faults["old code"] += 1
        else:
            with self._lock:
                self._newest = max(self._newest, int(body))
