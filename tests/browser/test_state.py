"""The success page says live what becomes of the message, and the admin gives it another chance."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from workshift.testing.processes import Worker

from tests.browser.conftest import Site
from tests.browser.pages import DESKTOP, PHONE, log_in, send, state
from tests.mail_server import MailServer

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
Start = Callable[..., Worker]

# Puts what the page wants to do later into a list, for the test to do it.
HOLD_TIMERS = """
    window.timers = [];
    window.setTimeout = (run, wait) => timers.push({ run, wait });
    window.clearTimeout = (number) => number && delete timers[number - 1];
    window.waits = () => timers.filter(Boolean).map((timer) => timer.wait);
    window.tick = () => Promise.all(timers.splice(0).filter(Boolean).map(({ run }) => run()));
    window.hide = (hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""


def send_and_hold_timers(page: Page) -> str:
    """Send a message; return its id when the script of the success page has run."""
    page.add_init_script(HOLD_TIMERS)
    pk = send(page)
    page.wait_for_load_state("load")
    return pk


@pytest.mark.parametrize(
    ("locale", "viewport", "queued", "sending", "sent"),
    [
        ("en-GB", PHONE, "Queued", "Sending", "Sent"),
        pytest.param(
            *("ru-RU", DESKTOP, "В очереди", "Отправляется", "Отправлено"),  # noqa: RUF001
            marks=pytest.mark.russian,
        ),
    ],
)
def test_the_state_is_live_from_queued_to_sent(
    visit: Visit,
    start: Start,
    mail_server: MailServer,
    locale: str,
    viewport: ViewportSize,
    queued: str,
    sending: str,
    sent: str,
) -> None:
    page = visit(locale, viewport=viewport)
    pk = send(page)
    # Gone as soon as the page is loaded anew.
    page.evaluate("window.stayed = true")
    expect(state(page)).to_contain_text(queued)
    expect(state(page)).to_have_attribute("aria-live", "polite")

    mail_server.mood = "holds"
    start(**mail_server.environment)
    expect(state(page)).to_contain_text(sending)
    mail_server.mood = "takes"
    expect(state(page)).to_contain_text(sent)

    assert page.evaluate("window.stayed")
    [mail] = mail_server.mails
    assert mail["Message-ID"] == f"<{pk}@example.com>"
    assert mail["From"] == "support@example.com"
    assert mail["To"] == mail["Reply-To"] == "anna@example.com"


def test_the_operator_sends_again_what_has_failed(
    visit: Visit,
    start: Start,
    site: Site,
    mail_server: MailServer,
    superuser: tuple[str, str],
) -> None:
    mail_server.mood = "refuses"
    start(**mail_server.environment)
    page = visit()
    pk = send(page)
    expect(state(page)).to_contain_text("Retrying")
    expect(state(page)).to_contain_text("The mail server did not accept the e-mail.")
    # The wait is over.
    site.update(pk, due_at="2000-01-01 00:00:00")
    expect(state(page)).to_contain_text("Failed")

    mail_server.mood = "takes"
    operator = visit(viewport=DESKTOP)
    log_in(operator, superuser)
    row = operator.locator("#result_list tbody tr")
    expect(row).to_contain_text("SMTPDataError: (451")
    row.get_by_role("checkbox").check()
    operator.locator("[name=action]").select_option("send_again")
    operator.get_by_role("button", name="Run").click()
    expect(operator.locator(".messagelist")).to_have_text("1 failed message will be sent again.")

    page.reload()
    expect(state(page)).to_contain_text("Sent")
    assert [mail["To"] for mail in mail_server.mails] == ["anna@example.com"]


def test_without_javascript_the_page_looks_again_by_itself(visit: Visit, worker: Worker) -> None:
    page = visit(java_script_enabled=False)

    send(page)

    expect(state(page)).to_contain_text("Sent")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_the_page_asks_less_and_less_often_and_not_for_ever(visit: Visit, site: Site) -> None:
    page = visit()
    pk = send_and_hold_timers(page)

    waits = []
    for _ in range(120):
        waits += page.evaluate("waits()")
        page.evaluate("tick()")
    passed = 0.0
    for wait in waits:
        # At once for whoever looks on, in milliseconds; rarely for a page that is left open.
        assert 200 <= wait <= min(201 + passed / 30, 5000)
        passed += wait
    assert waits == sorted(waits)
    assert waits[-1] == 5000

    # Not while nobody looks.
    page.evaluate("hide(true)")
    assert page.evaluate("waits()") == []
    page.evaluate("hide(false)")
    assert page.evaluate("waits()") == [200]

    # Soon again after a change.
    page.evaluate("tick()")
    site.update(pk, status="running", attempts=1)
    page.evaluate("tick()")
    expect(state(page)).to_contain_text("Sending")
    assert page.evaluate("waits()") == [200]

    # Never again when it is final.
    site.update(pk, status="failed")
    page.evaluate("tick()")
    expect(state(page)).to_contain_text("Failed")
    assert page.evaluate("waits()") == []
    page.evaluate("hide(true); hide(false)")
    assert page.evaluate("waits()") == []


def test_only_a_change_is_announced(visit: Visit, site: Site) -> None:
    page = visit()
    pk = send_and_hold_timers(page)
    page.evaluate(
        """() => {
            window.announced = 0;
            new MutationObserver((changes) => { announced += changes.length; }).observe(
                document.querySelector("[role=status]"),
                { childList: true, subtree: true, characterData: true },
            );
        }"""
    )

    page.evaluate("tick()")
    assert page.evaluate("announced") == 0
    site.update(pk, status="running", attempts=1)
    page.evaluate("tick()")
    assert page.evaluate("announced") == 1


def test_a_server_that_is_away_for_a_moment_is_asked_again(visit: Visit, site: Site) -> None:
    page = visit()
    pk = send_and_hold_timers(page)
    page.evaluate(
        "() => { window.reallyFetch = fetch; window.fetch = () => Promise.reject(new Error()); }"
    )
    page.evaluate("tick()")
    assert page.evaluate("waits()") == [206]

    page.evaluate("() => { window.fetch = reallyFetch; }")
    site.update(pk, status="failed")
    page.evaluate("tick()")

    expect(state(page)).to_contain_text("Failed")


@pytest.mark.parametrize(
    ("locale", "sentence", "mailbox"),
    [
        ("en-GB", "The e-mail was sent on Nov. 25, 2026 at 21:04 UTC.", "Development mailbox"),
        pytest.param(
            "ru-RU",
            "Письмо отправлено 25 ноября 2026 г. в 21:04 UTC.",  # noqa: RUF001 -- Cyrillic
            "Почтовый ящик для разработки",
            marks=pytest.mark.russian,
        ),
    ],
)
def test_says_when_it_was_sent_and_leads_to_the_development_mailbox(
    visit: Visit, site: Site, locale: str, sentence: str, mailbox: str
) -> None:
    page = visit(locale)
    pk = send(page)
    site.update(pk, status="done", attempts=1, finished_at="2026-11-25 21:04:05")

    expect(state(page)).to_contain_text(sentence)
    assert ".." not in state(page).inner_text()
    state(page).get_by_role("link").click()
    expect(page.get_by_role("link", name=mailbox)).to_be_visible()
    page.get_by_role("banner").get_by_role("link").last.click()
    expect(page.locator("[name=message]")).to_be_visible()
