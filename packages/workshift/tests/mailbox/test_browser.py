"""The development mailbox in a real browser, with mails from a real worker."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.mailbox import tasks
from workshift.testing.processes import DEADLINE, Process

pytestmark = pytest.mark.browser

# What a stranger may write into a mail in order to run, load, send or take something.
HOSTILE = """
<html><head>
<meta http-equiv="refresh" content="0; url={elsewhere}/refresh">
<base href="{elsewhere}/base/">
<link rel="stylesheet" href="{elsewhere}/style">
<style>@import "{elsewhere}/import"; p {{ background: url({elsewhere}/background) }}</style>
</head><body onload="top.document.title = 'taken'; fetch('{elsewhere}/onload')">
<script>top.document.title = 'taken'; fetch('{elsewhere}/script')</script>
<script src="{elsewhere}/src"></script>
<img src="{elsewhere}/picture" onerror="top.document.title = 'taken'; fetch('{elsewhere}/error')">
<svg onload="fetch('{elsewhere}/svg')"><script>fetch('{elsewhere}/svg-script')</script></svg>
<iframe src="{elsewhere}/frame"></iframe>
<iframe srcdoc="<script>top.document.title = 'taken'</script>"></iframe>
<iframe src="javascript:top.document.title = 'taken'"></iframe>
<object data="{elsewhere}/object"></object><embed src="{elsewhere}/embed">
<video src="{elsewhere}/video" autoplay></video>
<a href="javascript:fetch('{elsewhere}/link');void(top.document.title = 'taken')">Script</a>
<form action="{elsewhere}/form" target="_top"><button>Send</button></form>
<p id="end" style="color: rgb(1, 2, 3)">The end</p>
</body></html>
"""


@pytest.fixture
def open_mailbox(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the mailbox; its arguments are Playwright's for a browser context.

    The test fails in the end if a page wrote anything to the console, as it does where it
    violates the Content-Security-Policy.
    """
    problems: list[str] = []
    contexts = []

    def visit(**options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """The address of a server of the attacker's, and the paths that were asked of it."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - likewise.

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join(DEADLINE)
    server.server_close()


def send(worker: Process, subject: str, html: str) -> None:
    """Let the worker send a mail, and return when it has."""
    tasks.send.delay(subject, f"Text of {subject}", html)
    worker.wait_for(f"Subject: {subject}\n")


@pytest.mark.parametrize("width", [320, 1280])
def test_a_mail_of_the_worker_appears_and_is_cleared(
    open_mailbox: Callable[..., Page], worker: Process, width: int
) -> None:
    first, second = f"First at {width}", f"Second at {width}"
    send(worker, first, "<p style='color: rgb(1, 2, 3)'>Hello</p>")
    send(worker, second, "<p>Hello</p>")
    page = open_mailbox(viewport={"width": width, "height": 800})

    expect(page.locator(".mails strong")).to_have_text([second, first])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name=first).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    expect(page.locator("pre").first).to_have_text(f"Text of {first}")
    html = page.frame_locator("iframe").locator("p")
    expect(html).to_have_text("Hello")
    expect(html).to_have_css("color", "rgb(1, 2, 3)")
    page.get_by_text("Source").click()
    expect(page.locator("details pre")).to_contain_text("Content-Type: multipart/alternative")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="Development mailbox").click()
    page.get_by_role("button", name="Clear the mailbox").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 e-mails")


@pytest.mark.russian
def test_a_mail_appears_by_itself_and_in_the_language_of_the_site(
    open_mailbox: Callable[..., Page], worker: Process
) -> None:
    page = open_mailbox(locale="ru-RU")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="Очистить ящик").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 писем")
    # Gone as soon as the page is loaded anew.
    page.evaluate("() => { window.stayed = true; }")

    send(worker, "By itself", "<p>Hello</p>")

    expect(page.get_by_role("heading", level=1)).to_have_text("1 письмо")
    page.get_by_role("link", name="By itself").focus()
    send(worker, "By itself, too", "<p>Hello</p>")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 письма")
    assert page.evaluate("() => window.stayed")
    page.get_by_role("link", name="Вернуться на сайт").click()
    expect(page).to_have_url(re.compile(r"^http://[\d.:]+/$"))


def test_a_link_in_html_works_when_it_is_opened_on_its_own(
    open_mailbox: Callable[..., Page], worker: Process, elsewhere: tuple[str, list[str]]
) -> None:
    target = f"{elsewhere[0]}/confirm"
    send(worker, "Confirm", f"<a href='{target}'>Confirm</a>")
    page = open_mailbox()
    page.get_by_role("link", name="Confirm").click()

    with page.expect_popup() as popup:
        page.get_by_role("link", name="open it in a new tab").click()
    popup.value.get_by_role("link", name="Confirm").click()

    expect(popup.value).to_have_url(target)


@pytest.mark.parametrize("alone", [False, True], ids=["in the page", "on its own"])
def test_a_hostile_mail_runs_nothing_and_asks_for_nothing(
    browser: Browser,
    address: str,
    worker: Process,
    elsewhere: tuple[str, list[str]],
    alone: bool,  # noqa: FBT001 - a parameter of the test.
) -> None:
    attacker, asked = elsewhere
    subject = f"Hostile {alone}"
    send(worker, subject, HOSTILE.format(elsewhere=attacker))
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name=subject).click()
    title = subject
    if alone:
        page.goto(f"{page.url}html/")
        title = ""
    mail = page.main_frame if alone else page.frame_locator("iframe[title]")

    expect(mail.locator("#end")).to_have_css("color", "rgb(1, 2, 3)")
    mail.get_by_role("link", name="Script").click()
    mail.get_by_role("button", name="Send").click()

    # A request that is made before this one arrives before it.
    page.context.request.get(f"{attacker}/last")
    expect(mail.locator("#end")).to_be_visible()
    expect(page).to_have_title(title)
    assert asked == ["/last"]
    context.close()


def test_the_worker_prints_nothing_that_a_terminal_obeys(worker: Process) -> None:
    tasks.echo.delay("\x1b]0;title\x07")
    tasks.send.delay("Of a stranger", "\x1b[31mRed", "")

    # Celery logs what a task returns, and the worker prints the e-mail.
    worker.wait_for(r"\x1b]0;title\x07")
    worker.wait_for(r"\x1b[31mRed")
    assert "\x1b" not in worker.output
