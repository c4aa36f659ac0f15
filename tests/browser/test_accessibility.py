"""The pages are accessible, as far as a program can tell, at every width and in every colour."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests import ROOT
from tests.browser.conftest import Site
from tests.browser.pages import DESKTOP, PHONE, log_in, send, state, write

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]

# The columns of a message in each of its states, and how its page begins.
STATES: dict[str, dict[str, object]] = {
    "Queued": {},
    "Sending": {"status": "running", "attempts": 1},
    "Retrying": {
        "status": "pending",
        "attempts": 1,
        "last_error": "SMTPDataError: (451, b'Not now.')",
    },
    "Sent": {"status": "done", "attempts": 1, "finished_at": "2030-01-02 03:04:05"},
    "Failed": {"status": "failed", "attempts": 10, "last_error": "TimeoutError: timed out"},
}

# What axe cannot know: the label of the search field in Django's admin is a picture.
OF_DJANGO = {"label-title-only"}


def findings(page: Page) -> list[str]:
    """Return what axe finds on the page that keeps somebody from using it."""
    return [
        f"{found['impact']}: {found['help']} {[node['target'] for node in found['nodes']]}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in {"serious", "critical"} and found["id"] not in OF_DJANGO
    ]


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_visitor(
    visit: Visit, site: Site, viewport: ViewportSize, scheme: str
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    assert findings(page) == []
    write(page, "", "")
    expect(page.locator(".errorlist")).to_have_count(2)
    assert findings(page) == []

    pk = send(page)
    for name, values in STATES.items():
        if values:
            site.update(pk, **values)
            page.reload()
        expect(state(page)).to_contain_text(name)
        assert findings(page) == [], name


def test_the_pages_of_the_operator(visit: Visit, site: Site, superuser: tuple[str, str]) -> None:
    page = visit(viewport=DESKTOP)
    site.update(send(page), **STATES["Failed"])

    log_in(page, superuser)
    assert findings(page) == []
    page.get_by_role("link", name="failed").click()
    assert findings(page) == []


@pytest.mark.parametrize("locale", ["en-GB", pytest.param("ru-RU", marks=pytest.mark.russian)])
def test_screenshots(
    visit: Visit, site: Site, superuser: tuple[str, str], locale: str, tmp_path: Path
) -> None:
    # For those of the documentation: SCREENSHOTS=recording/pictures/screenshots ./scripts/test -k screenshots
    folder = ROOT / os.environ.get("SCREENSHOTS", tmp_path)
    language = locale[:2]
    page = visit(locale, viewport=PHONE, color_scheme="light", reduced_motion="reduce")
    page.locator("[name=email]").fill("anna@example.com")
    page.locator("[name=message]").fill({"en": "Well done!", "ru": "Отлично!"}[language])
    picture(page, folder / f"form-{language}.png")
    pk = send(page, message={"en": "Well done!", "ru": "Отлично!"}[language])
    for name in ("Retrying", "Sent"):
        site.update(pk, **STATES[name])
        expect(state(page).locator(f".{name.lower()}")).to_be_visible()
        picture(page, folder / f"{name.lower()}-{language}.png")
    if language == "en":
        page.set_viewport_size({"width": 1500, "height": 560})
        log_in(page, superuser)
        picture(page, folder / "admin.png")


def picture(page: Page, path: Path) -> None:
    """Write what a window shows of the page."""
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=path, scale="css", animations="disabled")
