"""`runserver` as a command: its options, its first lines, and what kills it or its processes."""

import http.client
import os
import pty
import select
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.site import Site
from workshift.testing.processes import (
    DEADLINE,
    children,
    descendants,
    eventually,
    is_alive,
)


def test_it_says_first_what_djangos_does(site: Site) -> None:
    with site.server() as server:
        assert "using settings 'mysite.settings'" in server.process.output
        assert f"Starting WSGI development server at {site.address}/" in server.process.output
        assert "Quit the server with CONTROL-C." in server.process.output


@pytest.mark.parametrize("option", ["--no-preload", "--nothreading"])
def test_it_reloads_with(site: Site, option: str) -> None:
    with site.server(option) as server:
        assert site.get() == (200, "0")
        site.save_version(1)
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "1")


def test_noreload_is_djangos_own(site: Site) -> None:
    with site.starting("--noreload") as server:
        server.process.wait_for("Quit the server")
        assert site.get() == (200, "0")
        assert descendants(server.process.pid) == []


def test_an_asgi_server_that_the_project_lists_is_left_alone(site: Site) -> None:
    command = """
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def run_from_argv(self, argv):
        print("daphne serves")
"""
    for package in ("daphne", "daphne/management", "daphne/management/commands"):
        site.write(f"{package}/__init__.py", "")
    site.write("daphne/management/commands/runserver.py", command)
    settings = site.read("mysite/settings.py")
    site.write("mysite/settings.py", settings.replace('"pages"]', '"pages", "daphne"]'))
    for manage in (
        site.read("manage.py"),
        site.read("manage.py").replace("workshift", "django.core"),
    ):
        site.write("manage.py", manage)
        with site.starting() as server:
            assert server.process.wait() == 0
            assert "daphne serves" in server.process.output


def test_djangos_own_manage_py_is_enough(site: Site) -> None:
    site.write("manage.py", site.read("manage.py").replace("workshift", "django.core"))
    with site.server() as server:
        site.save_version(1)
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "1")


def test_pages_get_the_script_behind_any_middleware(site: Site) -> None:
    site.write(
        "mysite/wsgi.py",
        """
from django.core.wsgi import get_wsgi_application

inner = get_wsgi_application()


class Answer:
    def __init__(self, answer):
        self.answer = answer

    def __iter__(self):
        return iter(self.answer)

    def close(self):
        self.answer.close()


def application(environ, start):
    return Answer(inner(environ, start))
""",
    )
    middleware = """
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
]
WSGI_APPLICATION = "mysite.wsgi.application"
"""
    site.write("mysite/settings.py", site.read("mysite/settings.py") + middleware)
    with site.server("--grace", "0.2"):
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        client.request("GET", "/", headers={"Host": "localhost", "Accept-Encoding": "gzip"})
        assert b"/__workshift__/page.js" in client.getresponse().read()
        # A stream is one, too.
        client.request("GET", "/stream", headers={"Host": "localhost"})
        stream = client.getresponse()
        assert stream.readline() == b"0\n"
        site.save_version(1)
        assert set(stream.read().split()) == {b"0"}
        client.close()


def test_without_the_app_for_static_files_it_serves_none(site: Site) -> None:
    settings = site.read("mysite/settings.py").replace('"django.contrib.staticfiles", ', "")
    site.write("mysite/settings.py", settings)
    with site.server():
        assert site.get() == (200, "0")
        assert site.get("/static/page.css")[0] == 404
    with site.starting("--noreload") as server:
        server.process.wait_for("Quit the server")
        assert site.get() == (200, "0")


@pytest.mark.parametrize(
    ("where", "options", "host", "shown"),
    [
        ("0:{port}", [], "127.0.0.1", "http://0.0.0.0:{port}/"),
        ("localhost:{port}", [], "localhost", "http://localhost:{port}/"),
        ("[::1]:{port}", [], "::1", "http://[::1]:{port}/"),
        ("{port}", ["--ipv6"], "::1", "http://[::1]:{port}/"),
    ],
)
def test_it_listens_where_it_is_told_to(
    site: Site, where: str, options: list[str], host: str, shown: str
) -> None:
    with site.server(*options, where=where.format(port=site.port)) as server:
        assert shown.format(port=site.port) in server.process.output
        client = http.client.HTTPConnection(host, site.port, timeout=DEADLINE)
        client.request("GET", "/version", headers={"Host": "localhost"})
        assert client.getresponse().read() == b"0"
        client.close()


def test_a_taken_port_is_said_with_who_holds_it(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)), site.starting() as server:
        assert server.process.wait() == 1
        assert "Error: That port is already in use." in server.process.output
        assert f"Process {os.getpid()} listens there" in server.process.output


@pytest.mark.parametrize("where", ["no port", "1.2.3:80:90", "99999"])
def test_an_address_that_is_none_is_said(site: Site, where: str) -> None:
    with site.starting(where=where) as server:
        assert server.process.wait() == 1
        assert "is not a valid port number" in server.process.output
        assert "Traceback" not in server.process.output


def test_the_project_sees_what_it_sees_with_djangos(site: Site) -> None:
    site.write(
        "pages/views.py",
        site.read("pages/views.py") + "\nimport sys\n\ndef version(request):\n"
        "    return HttpResponse(f\"{sys.argv[1]} {os.environ['RUN_MAIN']}\")\n",
    )
    with site.server():
        assert site.get() == (200, "runserver true")


def test_what_manage_py_reads_from_dotenv_is_kept(site: Site) -> None:
    site.write(".env", "DJANGO_SETTINGS_MODULE=mysite.settings\nGREETING=hello\n")
    manage = site.read("manage.py").replace("workshift", "django.core")
    site.write("manage.py", f"import environ\n\nenviron.Env.read_env('.env')\n{manage}")
    site.write(
        "pages/views.py",
        site.read("pages/views.py")
        + "\n\ndef version(request):\n    return HttpResponse(os.environ['GREETING'])\n",
    )
    with site.server():
        assert site.get() == (200, "hello")


def test_it_can_be_started_from_another_folder(site: Site) -> None:
    site.write(
        "pages/views.py",
        site.read("pages/views.py") + "\nfrom workshift import paths\n\ndef version(request):\n"
        "    return HttpResponse(str(paths.run()))\n",
    )
    manage = str((site.folder / "manage.py").relative_to(site.folder.parent))
    with site.server(manage=manage):
        assert site.get() == (200, str(site.folder / ".run"))
        assert (site.folder / ".run/.gitignore").exists()


@pytest.mark.parametrize("option", ["--settings=mysite.other", "--settings mysite.other"])
def test_other_settings_can_be_named(site: Site, option: str) -> None:
    site.write("mysite/other.py", site.read("mysite/settings.py"))
    site.write("mysite/settings.py", "raise ValueError('not these')")
    with site.server(*option.split()) as server:
        assert "using settings 'mysite.other'" in server.process.output
        assert site.get() == (200, "0")


def test_what_settings_copy_from_dotenv_is_read_anew(site: Site) -> None:
    site.write(".env", "GREETING=old\n")
    site.write(
        "mysite/settings.py",
        site.read("mysite/settings.py")
        + "\nimport environ\n\nenviron.Env.read_env('.env')\nGREETING = environ.Env()('GREETING')\n",
    )
    site.write(
        "pages/views.py",
        site.read("pages/views.py")
        + "\nfrom django.conf import settings\n\ndef version(request):\n"
        "    return HttpResponse(settings.GREETING)\n",
    )
    with site.server() as server:
        assert site.get() == (200, "old")
        site.write(".env", "GREETING=new\n")
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "new")


def test_stopping_waits_for_a_request_that_ends_within_the_grace_period(site: Site) -> None:
    with site.server("--grace", "60") as server:
        request = site.begin_slow_request("first")
        server.process.tell(signal.SIGINT)
        assert request.let_go() == (200, "0")
        assert server.process.wait() == 0


def test_stopping_cuts_a_request_that_takes_longer_and_leaves_nothing(site: Site) -> None:
    with site.server("--grace", "0.2") as server:
        client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=DEADLINE)
        begun = site.folder / "begun"
        client.request("GET", f"/slow?begun={begun}&go=/never", headers={"Host": "localhost"})
        eventually(begun.exists, "the request has begun")
        processes = [server.process.pid, *descendants(server.process.pid)]
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait() == 0
        assert [pid for pid in processes if is_alive(pid)] == []
        assert "Requests still run after 0.2 s (--grace)" in server.process.output
        client.close()


@pytest.mark.parametrize("group", [False, True], ids=["alone", "with its group"])
def test_nothing_outlives_a_killed_supervisor(site: Site, group: bool) -> None:  # noqa: FBT001
    with site.server() as server:
        processes = [server.process.pid, *descendants(server.process.pid)]
        if group:
            os.killpg(server.process.pid, signal.SIGKILL)
        else:
            os.kill(server.process.pid, signal.SIGKILL)
        eventually(lambda: not any(map(is_alive, processes)), "all processes end")
    with site.server():
        assert site.get() == (200, "0")


def test_a_killed_generation_and_a_killed_zygote_are_replaced(site: Site) -> None:
    with site.server() as server:
        [zygote] = children(server.process.pid)
        [generation] = server.generations()
        os.kill(generation, signal.SIGKILL)
        # Its connections wait for the next one.
        assert site.get() == (200, "0")
        server.process.next_line("Generation 1 was killed by SIGKILL. A new one starts now")
        os.kill(zygote, signal.SIGKILL)
        eventually(lambda: zygote not in children(server.process.pid), "the zygote is gone")
        assert site.get() == (200, "0")
        site.save_version(1)
        site.wait_for_version(1)


def test_what_a_view_starts_does_not_hold_the_port(site: Site) -> None:
    site.write(
        "pages/views.py",
        site.read("pages/views.py") + "\nimport subprocess\n\ndef version(request):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        time.sleep(60)\n"
        "        os._exit(0)\n"
        "    return HttpResponse(str(child))\n",
    )
    with site.server():
        child = int(site.get()[1])
    try:
        with socket.create_server(("127.0.0.1", site.port)):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_breakpoint_in_a_view_reads_the_keyboard(site: Site) -> None:
    text = site.read("pages/views.py").replace(
        "    return HttpResponse(str(VERSION))\n\n\ndef slow",
        "    answer = 41\n    breakpoint()\n    return HttpResponse(str(answer))\n\n\ndef slow",
    )
    site.write("pages/views.py", text)
    terminal, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}}
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_A_TERMINAL, str(site.port)],
        cwd=site.folder,
        env=kept | {"PYTHONUNBUFFERED": "1", "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        _read_until(terminal, "The site is ready")
        with ThreadPoolExecutor(1) as executor:
            answer = executor.submit(site.get)
            _read_until(terminal, "(Pdb) ")
            os.write(terminal, b"answer += 1\n")
            _read_until(terminal, "(Pdb) ")
            os.write(terminal, b"continue\n")
            assert answer.result(DEADLINE) == (200, "42")
    finally:
        process.terminate()
        process.wait(DEADLINE)
        os.close(terminal)


# Makes the terminal that of the session, as a login does.
_IN_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "manage.py", "runserver", sys.argv[1]])
"""


def _read_until(terminal: int, text: str) -> str:
    read = ""
    while text not in read:
        readable, _, _ = select.select([terminal], [], [], DEADLINE)
        assert readable, f"{text!r} was not written:\n{read}"
        read += os.read(terminal, 4096).decode()
    return read
