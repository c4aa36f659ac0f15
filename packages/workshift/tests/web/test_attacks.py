"""The development server, and pages of other sites that lead a developer's browser to it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.web.site import Site
from workshift.testing.processes import DEADLINE


@pytest.fixture
def running_site(site: Site) -> Iterator[Site]:
    """A site whose settings hold a secret, and its server."""
    site.write("mysite/settings.py", site.read("mysite/settings.py") + "DATABASE_URL = 'hunter2'\n")
    site.write("mysite/manage.py", "")
    with site.server():
        yield site


def test_a_site_of_another_name_is_refused_before_anything_else(running_site: Site) -> None:
    """Its name leads to 127.0.0.1 by now, so the browser lets its pages read what is answered."""
    for path in ("/", "/nowhere", "/static/page.css", "/__workshift__/events"):
        for host in ("attacker.example", "localhost.attacker.example", "a\x1bb", "127.0.0.1,b"):
            status, body = running_site.get(path, host=host)
            assert status == 400, path
            assert "ALLOWED_HOSTS" in body or "not valid" in body
            assert "hunter2" not in body
            assert "Traceback" not in body
    assert running_site.get("/static/page.css")[0] == 200


def test_no_path_leads_out_of_the_static_files(running_site: Site) -> None:
    for path in ("../mysite/settings.py", "%2e%2e/%2e%2e/manage.py", "..%2f..%2f..%2fetc/passwd"):
        for start in ("/static/", "/static/x/../../", "/__workshift__/", "/__workshift__/page.js/"):
            status, body = running_site.get(f"{start}{path}")
            assert status >= 400, path
            assert "hunter2" not in body
            assert "root:" not in body
            assert "execute_from_command_line" not in body


def test_slow_requests_keep_neither_others_nor_a_reload_waiting(running_site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(50):
            slow = socket.create_connection(("127.0.0.1", running_site.port), timeout=DEADLINE)
            stack.enter_context(slow)
            slow.sendall(b"GET / HTTP/1.1\r\nHost: local")

        assert running_site.get() == (200, "0")
        running_site.save_version(1)
        running_site.wait_for_version(1)
