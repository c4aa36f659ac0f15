"""The site as in production, with real requests of an attacker."""

import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from workshift.testing.processes import DEADLINE, Process, free_port

from tests import ROOT

# What nobody may read anywhere.
SECRETS = {
    "SECRET_KEY": "hunter2-key",
    "EMAIL_PASSWORD": "hunter2-mail",
    "REDIS_URL": f"redis://:hunter2-redis@127.0.0.1:{free_port()}/0",
}

# What a terminal would obey.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Site:
    """The web process of the Procfile, and an attacker's connections to it."""

    def __init__(self, database: str, *options: str) -> None:
        """Start it with one process, so that nothing else answers for it."""
        self.port = free_port()
        found = re.search(
            r"^web: exec (gunicorn .*)$", (ROOT / "Procfile").read_text(), re.MULTILINE
        )
        assert found
        self.process = Process(
            [sys.executable, "-m", *shlex.split(found[1]), *options],
            folder=ROOT,
            environment={
                **os.environ,
                **SECRETS,
                "ALLOWED_HOSTS": "127.0.0.1",
                "DATABASE_URL": database,
                "EMAIL_HOST": "smtp.example.com",
                "PORT": str(self.port),
                "WEB_CONCURRENCY": "1",
            },
        )
        self.process.wait_for("Booting worker")

    def connect(self) -> socket.socket:
        """Return a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def send(self, request: bytes) -> bytes:
        """Send these bytes; return all that is answered."""
        with self.connect() as connection:
            connection.sendall(request)
            answer = b""
            while received := connection.recv(65_536):
                answer += received
        return answer

    def ask(self, target: str, *headers: str, method: str = "GET", host: str = "127.0.0.1") -> str:
        """Send a request without a body; return the answer, head and body."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode("latin-1")).decode(errors="replace")

    def form(self, path: str, fields: bytes, *headers: str) -> str:
        """Send a form with the token that each page has; return the answer."""
        token = "t" * 32
        body = b"csrfmiddlewaretoken=" + token.encode() + b"&" + fields
        head = [
            f"POST {path} HTTP/1.1",
            f"Cookie: csrftoken={token}",
            "Connection: close",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            *(headers or ("Host: 127.0.0.1",)),
        ]
        return self.send("\r\n".join([*head, "", ""]).encode() + body).decode(errors="replace")


@pytest.fixture(scope="module")
def production(_migrated_database: Path) -> Iterator[Site]:
    """A site for all of these tests."""
    production = Site(f"sqlite:///{_migrated_database}")
    yield production
    print(production.process.output)
    production.process.kill()


def status(answer: str) -> int:
    """Return the status of an answer."""
    found = re.match(r"HTTP/1\.\d (\d+)", answer)
    return int(found[1]) if found else 0


def location(answer: str) -> str:
    """Return where an answer leads."""
    found = re.search(r"^Location: (\S*)", answer, re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "", "a b", "["])
def test_another_host_is_refused(production: Site, host: str) -> None:
    answer = production.ask("/", host=host)

    assert status(answer) == 400
    assert "hunter2" not in answer


def test_headers_of_a_proxy_that_is_not_there_change_nothing(production: Site) -> None:
    answer = production.form(
        "/i18n/setlang/",
        b"language=ru&next=https://attacker.example/",
        "Host: 127.0.0.1",
        "X-Forwarded-Host: attacker.example",
        "X-Forwarded-Proto: https",
        "Forwarded: host=attacker.example",
    )

    assert status(answer) == 302
    assert "attacker" not in answer
    # It would be the beginning of each address of the site.
    assert status(production.ask("/", "SCRIPT_NAME: /attacker")) == 200


@pytest.mark.parametrize(
    "target",
    [
        "//attacker.example/",
        "https://attacker.example/",
        "/\\attacker.example",
        "https:attacker.example",
        "javascript:alert(1)",
        "%0d%0aX-Injected: 1",
        "https://127.0.0.1@attacker.example/",
    ],
)
def test_the_language_switch_leads_to_no_other_site(production: Site, target: str) -> None:
    answer = production.form("/i18n/setlang/", f"language=ru&next={target}".encode())

    assert status(answer) == 302
    assert location(answer).removeprefix(f"http://127.0.0.1:{production.port}") == "/"
    assert "X-Injected" not in answer.partition("\r\n\r\n")[0]


def test_a_form_without_the_token_or_from_another_site_is_refused(production: Site) -> None:
    for path in ("/", "/i18n/setlang/", "/admin/login/"):
        assert status(production.ask(path, "Content-Length: 0", method="POST")) == 403, path
        elsewhere = ("Host: 127.0.0.1", "Origin: https://attacker.example")
        assert status(production.form(path, b"language=ru", *elsewhere)) == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/..%2f..%2f..%2fetc/passwd",
        "/static//etc/passwd",
        "/static/..%5c..%5cmanage.py",
        "/static/%00",
        "/static/feedback/../../.env",
        "/.env",
        "/db.sqlite3",
        # What only development has.
        "/dev/mailbox/",
        "/__workshift__/events",
        "/__workshift__/page.js",
    ],
)
def test_no_path_leads_to_a_file_that_is_not_public(production: Site, path: str) -> None:
    assert status(production.ask(path)) == 404


REQUESTS = [
    b"GET /%1b%5d0;title%07%0a2026-01-01%20forged HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"GET /\x1b[31m HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"\x1b[31m / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"GET / HTTP/\x1b[31m\r\nHost: 127.0.0.1\r\n",
    b"GET / HTTP/1.1\r\nHost: \x1b[31m\r\n",
    b"GET / HTTP/1.1\r\nHost: a%1b[31m\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: \x1b[31m\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=\x1b[31m; sessionid=\x00\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nReferer: https://\x9b31m/\r\nContent-Length: 0\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x1b[31m\r\n",
]


def test_nothing_in_a_request_gives_a_command_to_the_terminal(production: Site) -> None:
    for request in REQUESTS:
        assert production.send(request + b"Connection: close\r\n\r\n")
    for message in (b"%1b%5d0;title%07", b"%C2%9B31m", b"a%0a2026-01-01+forged"):
        production.form("/", b"email=" + message + b"@example.com&message=" + message)
    production.process.wait_for("Not Found: /")

    assert not OBEYED.search(production.process.output)
    assert not re.search("^2026-01-01", production.process.output, re.MULTILINE)


@pytest.mark.parametrize(
    "fields",
    [
        b"message=" + b"x" * 3_000_000,
        b"a=b&" * 2_000,
        b"email=a%00b@example.com&message=Hello",
        b'email="a%0d%0aBcc:+b@example.com"@example.com&message=Hello',
        b"email=%ff%fe@example.com&message=%ff",
        b"email=%F0%9F%92%A9@example.com%E2%80%AE&message=Hello",
    ],
    ids=["3 MB", "2,000 fields", "NUL", "line break", "not UTF-8", "reversed"],
)
def test_an_odd_form_is_refused(production: Site, fields: bytes) -> None:
    answer = production.form("/", fields)

    assert status(answer) in {200, 400}
    assert not location(answer)


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Transfer-Encoding: xchunked",
        "Host: attacker.example",
        f"X: {'x' * 100_000}",
        "\r\n".join(f"X-{number}: x" for number in range(200)),
        " folded: x",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(production: Site, head: str) -> None:
    answer = production.ask("/", *head.split("\r\n"), method="POST")

    assert status(answer) in {400, 431, 501}


@pytest.mark.parametrize("pk", ["0" * 32, "1", "../", "%00", "x" * 5_000, "' OR 1=1 --"])
def test_a_forged_id_of_a_message_is_not_found(production: Site, pk: str) -> None:
    for path in (f"/success/{pk}/", f"/success/{pk}/state/"):
        assert status(production.ask(path.replace(" ", "%20"))) in {404, 414}


def test_the_command_line_and_the_output_hold_no_secret(production: Site) -> None:
    process = psutil.Process(production.process.pid)
    lines = [one.cmdline() for one in [process, *process.children(recursive=True)]]

    assert "hunter2" not in str(lines)
    assert "hunter2" not in production.process.output


def test_a_slow_request_holds_a_process_no_longer_than_its_limit(worker_database: str) -> None:
    """Thirty seconds, unless it is another number; then the process is replaced."""
    production = Site(worker_database, "--timeout", "1")
    try:
        with production.connect() as slow:
            slow.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nmess")
            assert status(production.ask("/")) == 200
            assert "WORKER TIMEOUT" in production.process.output
    finally:
        production.process.kill()
