"""The main job, as a visitor sees it: write a message in a browser, receive the e-mail."""

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect
from workshift.testing.processes import DEADLINE, Worker

from tests.browser.conftest import Site
from tests.browser.pages import SUCCESS, log_in, send, state, write

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


def find_mail(output: str, address: str) -> EmailMessage | None:
    """Return the e-mail to `address` in a worker's output, if it is there in full."""
    # The console backend writes a line of 79 dashes after each e-mail.
    for text in output.split("-" * 79 + "\n")[:-1]:
        _, header, rest = text.rpartition("Content-Type: text/plain")
        mail = message_from_bytes((header + rest).encode(), policy=policy.default)
        if mail["To"] == address:
            return mail
    return None


def receive_mail(worker: Worker, address: str) -> EmailMessage:
    """Return the e-mail to `address` as soon as the worker has written it."""
    worker.wait_for(f"To: {address}\n")
    deadline = time.monotonic() + DEADLINE
    while True:
        if mail := find_mail(worker.output, address):
            return mail
        assert time.monotonic() < deadline, f"The e-mail does not end:\n{worker.output}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("locale", "language", "label", "thanks", "subject", "closing"),
    [
        ("en-GB", "en", "Message", "Thank you for your message", "Your Feedback", "Thank you!"),
        pytest.param(
            "ru-RU",
            "ru",
            "Сообщение",
            "Спасибо за сообщение",
            "Твой отзыв",
            "Спасибо!",
            marks=pytest.mark.russian,
        ),
    ],
)
def test_a_message_comes_back_by_mail(
    visit: Visit,
    worker: Worker,
    locale: str,
    language: str,
    label: str,
    thanks: str,
    subject: str,
    closing: str,
) -> None:
    address = f"anna-{language}@example.com"
    page = visit(locale)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_label(label, exact=True)).to_have_attribute("rows", "5")

    send(page, address, "First line\nSecond line")

    expect(page.get_by_role("heading", level=1)).to_have_text(thanks)
    mail = receive_mail(worker, address)
    assert mail["Subject"] == subject
    assert mail["From"] == "support@example.com"
    assert mail.get_content().rstrip("\n") == f"\tFirst line\n\tSecond line\n\n{closing}"


def test_another_message_can_be_sent_straight_away(visit: Visit, worker: Worker) -> None:
    page = visit()
    write(page, "first@example.com", "First")

    page.get_by_role("link", name="Send another message").click()
    write(page, "second@example.com", "Second")

    expect(page).to_have_url(SUCCESS)
    receive_mail(worker, "first@example.com")
    receive_mail(worker, "second@example.com")


@pytest.mark.russian
def test_the_language_chosen_on_the_page_is_the_language_of_the_mail(
    visit: Visit, worker: Worker
) -> None:
    page = visit("en-GB")

    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("button", name="Русский")).to_have_attribute("aria-current", "true")
    write(page, "switched@example.com", "Отлично")

    assert receive_mail(worker, "switched@example.com")["Subject"] == "Твой отзыв"


def test_an_error_is_announced_where_it_is(visit: Visit) -> None:
    page = visit()

    write(page, "anna@example.com", "")

    message = page.get_by_label("Message")
    expect(message).to_be_focused()
    expect(message).to_have_accessible_description("Write a message.")
    expect(page.get_by_label("E-mail")).to_have_value("anna@example.com")
    expect(page).to_have_title("Please check: Tell us what you think")


def test_text_is_laid_out_in_the_direction_in_which_it_is_written(
    visit: Visit, superuser: tuple[str, str]
) -> None:
    page = visit()
    expect(page.locator("[name=message]")).to_have_css("unicode-bidi", "plaintext")
    pk = send(page, message="שלום!\nHello!")

    log_in(page, superuser)
    page.goto(f"/admin/feedback/feedback/{pk}/change/")

    hebrew, english = page.locator(".field-message .readonly").evaluate(
        """(element) => {
            const { left, right } = element.getBoundingClientRect();
            return [...element.childNodes].filter((node) => node.data?.trim()).map((text) => {
                const range = document.createRange();
                range.selectNodeContents(text);
                const line = range.getBoundingClientRect();
                return line.left - left > right - line.right ? "right" : "left";
            });
        }"""
    )
    assert (hebrew, english) == ("right", "left")


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize(
    ("locale", "words"),
    [("en-GB", "Retrying"), pytest.param("ru-RU", "Попробуем ещё раз", marks=pytest.mark.russian)],
)
def test_fits_the_screen(visit: Visit, site: Site, locale: str, words: str, width: int) -> None:
    page = visit(locale, viewport={"width": width, "height": 700})
    write(page, "", "")
    expect(page.locator(".errorlist")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    pk = send(page)
    site.update(pk, attempts=1, last_error="It is too late.")
    expect(state(page)).to_contain_text(words)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "card"), [("light", "#ffffff"), ("dark", "#17211c")])
def test_follows_the_colour_scheme_of_the_system(visit: Visit, scheme: str, card: str) -> None:
    page = visit(color_scheme=scheme)

    red, green, blue = bytes.fromhex(card.removeprefix("#"))
    expect(page.locator("main")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")
