"""What a visitor does on the pages, whatever their language."""

import re

from playwright.sync_api import Locator, Page, ViewportSize, expect

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}

SUCCESS = re.compile(r"/success/([0-9a-f-]{36})/$")


def write(page: Page, email: str, message: str) -> None:
    """Fill in the form and send it."""
    page.locator("[name=email]").fill(email)
    page.locator("[name=message]").fill(message)
    page.locator("main button").click()


def send(page: Page, email: str = "anna@example.com", message: str = "Hello") -> str:
    """Write a message that is taken; return its id."""
    write(page, email, message)
    expect(page).to_have_url(SUCCESS)
    found = SUCCESS.search(page.url)
    assert found
    return found[1]


def state(page: Page) -> Locator:
    """The part of the success page that says where the message stands."""
    return page.get_by_role("status")


def log_in(page: Page, superuser: tuple[str, str]) -> None:
    """Open the operator's list of messages."""
    page.goto("/admin/feedback/feedback/")
    for name, value in zip(("username", "password"), superuser, strict=True):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[type=submit]").click()
    expect(page.locator("#result_list")).to_be_visible()
