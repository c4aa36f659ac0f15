"""Code that does not load: every request is answered with the reason, until the save that fixes it."""

import pytest

from tests.web.site import SETTINGS, Site

BREAKS = {
    "view": ("pages/views.py", "def broken(:\n", "SyntaxError"),
    "merge conflict": ("pages/views.py", "<<<<<<< HEAD\n", "SyntaxError"),
    "urls": ("mysite/urls.py", "import no_such_module\n", "No module named &#x27;no_such_module"),
    "app": ("pages/__init__.py", "raise ValueError('broken app')\n", "broken app"),
    "exit": ("pages/__init__.py", "import sys\nsys.exit(3)\n", "called sys.exit(3)"),
    "end": ("pages/__init__.py", "import os\nos._exit(3)\n", "ended the process with code 3"),
    "settings": ("mysite/settings.py", "raise ValueError('broken settings')\n", "broken settings"),
    "typo in settings": (
        "mysite/settings.py",
        "DEBUG = True\nDEBUG = Tru\n",
        "name &#x27;Tru&#x27;",
    ),
    "missing variable": (
        "mysite/settings.py",
        "DEBUG = True\nfrom workshift.env import Environment\nKEY = Environment().str('NO_KEY')\n",
        "NO_KEY is not set",
    ),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_every_request_is_answered_with_the_reason_until_it_is_fixed(site: Site, kind: str) -> None:
    name, text, expected = BREAKS[kind]
    with site.server() as server:
        whole = site.read(name)
        site.write(name, text)
        server.process.next_line("The code does not load after the change of")
        status, body = site.get("/")
        assert status == 500
        assert expected in body
        assert "/__workshift__/page.js" in body
        site.write(name, whole)
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "0")
        assert server.process.output.count("Traceback (most recent call last)") <= 1


def test_code_that_is_broken_from_the_start_is_answered_and_waited_for(site: Site) -> None:
    whole = site.read("mysite/settings.py")
    site.write("mysite/settings.py", whole + "\nimport no_such_module\n")
    with site.starting() as server:
        server.process.next_line("The code does not load")
        status, body = site.get("/")
        assert status == 500
        # DEBUG was on before the settings failed.
        assert "no_such_module" in body
        site.write("mysite/settings.py", whole)
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "0")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("def broken(:\n", id="DEBUG is not known"),
        pytest.param("DEBUG = False\nALLOWED_HOSTS = ['*']\nimport broken\n", id="DEBUG is off"),
        pytest.param(SETTINGS.replace("True", "False", 1), id="no ALLOWED_HOSTS"),
    ],
)
def test_without_debug_the_page_does_not_say_why(site: Site, settings: str) -> None:
    whole = site.read("mysite/settings.py")
    site.write("mysite/settings.py", settings)
    with site.starting() as server:
        server.process.next_line("The code does not load")
        status, body = site.get("/")
        assert status == 500
        assert "The terminal of `runserver` says why." in body
        for detail in ("broken", "Traceback", "ALLOWED_HOSTS", "settings.py"):
            assert detail not in body
        site.write("mysite/settings.py", whole)
        server.process.next_line("Reloaded in")


@pytest.mark.parametrize(("file", "code"), [("pages/views.py", 400), ("mysite/settings.py", 500)])
def test_a_site_of_another_name_is_not_told_why(site: Site, file: str, code: int) -> None:
    """It may be one that has led its visitor's browser here, to read what is answered."""
    site.write(file, "DEBUG = True\nbroken secrets(\n")
    with site.starting() as server:
        server.process.next_line("The code does not load")
        status, body = site.get("/", host="attacker.example")
        assert status == code
        assert "broken" not in body
        if code == 400:
            assert "broken secrets" in site.get("/")[1]


def test_secrets_are_hidden(site: Site) -> None:
    site.write("mysite/settings.py", SETTINGS + "\nAPI_TOKEN = 'hunter2' + 2\n")
    with site.starting() as server:
        server.process.next_line("The code does not load")
        _, body = site.get("/")
        assert "API_TOKEN" in body
        assert "hunter2" not in body


def test_a_program_gets_plain_text(site: Site) -> None:
    site.write("pages/views.py", "broken(\n")
    with site.starting() as server:
        server.process.next_line("The code does not load")
        status, body = site.get("/", accept="application/json")
        assert status == 500
        assert "<" not in body.split("\n", 1)[0]
        assert "SyntaxError" in body


def test_what_the_old_code_holds_is_waited_for(site: Site) -> None:
    """A module that takes a lock when it is imported, while an old request goes on."""
    with site.server() as server:
        request = site.begin_slow_request("first")
        lock = site.folder / "lock"
        lock.touch()
        views = site.read("pages/views.py")
        taken = f"\nif os.path.exists({str(lock)!r}):\n    raise OSError('it is locked')\n"
        site.write("pages/views.py", views.replace("VERSION = 0", f"VERSION = 1{taken}"))
        server.process.next_line("it is tried again once the old code has answered")
        assert site.get("/")[0] == 500
        lock.unlink()
        assert request.let_go() == (200, "0")
        server.process.next_line("Reloaded in")
        assert site.get() == (200, "1")


def test_what_stays_missing_is_tried_once_more_and_not_for_ever(site: Site) -> None:
    with site.server() as server:
        request = site.begin_slow_request("first")
        settings = site.read("mysite/settings.py")
        site.write("mysite/settings.py", f"{settings}\nopen('missing')\n")
        server.process.next_line("it is tried again once the old code has answered")
        assert request.let_go() == (200, "0")
        server.process.next_line("Every page says so; waiting for the next save")
        assert site.get("/")[0] == 500
        site.write("mysite/settings.py", settings)
        server.process.next_line("Reloaded in")
        assert server.process.output.count("The code does not load") == 2
