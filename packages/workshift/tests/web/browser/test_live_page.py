"""The open page in a real browser: it follows the code, and keeps what was typed in."""

from collections.abc import Iterator

import django
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.site import SETTINGS, Site
from workshift.testing.processes import eventually

pytestmark = pytest.mark.browser

POLICY = """
from django.utils.csp import CSP

MIDDLEWARE = ["django.middleware.csp.ContentSecurityPolicyMiddleware"]
SECURE_CSP = {"default-src": [CSP.SELF], "img-src": [CSP.SELF, "data:"]}
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """An empty browser."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()


def shows(page: Page, version: int) -> None:
    """Wait until the page shows `version`."""
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Version {version}")


def test_the_page_follows_a_save(site: Site, page: Page) -> None:
    with site.server():
        page.goto(site.address)
        shows(page, 0)
        for version in (1, 2, 3):
            site.save_version(version)
            shows(page, version)


def test_the_page_shows_what_does_not_load_and_comes_back(site: Site, page: Page) -> None:
    whole = site.read("pages/views.py")
    with site.server():
        page.goto(site.address)
        site.write("pages/views.py", "def broken(:\n")
        expect(page.get_by_text("invalid syntax").first).to_be_visible()
        site.write("mysite/settings.py", "import no_such_module\n")
        expect(page.get_by_text("The site does not load").first).to_be_visible()
        site.write("mysite/settings.py", SETTINGS)
        expect(page.get_by_text("invalid syntax").first).to_be_visible()
        site.write("pages/views.py", whole)
        shows(page, 0)


def test_what_was_typed_is_kept_until_its_writer_reloads(site: Site, page: Page) -> None:
    with site.server():
        page.goto(site.address)
        page.get_by_label("Text").fill("half a sentence")
        site.save_version(1)
        notice = page.get_by_role("button", name="The code has changed")
        expect(notice).to_be_visible()
        shows(page, 0)
        expect(page.get_by_label("Text")).to_have_value("half a sentence")
        notice.click()
        shows(page, 1)


def test_a_field_that_is_as_it_was_keeps_nothing_back(site: Site, page: Page) -> None:
    with site.server():
        page.goto(site.address)
        page.get_by_label("Text").fill("half a sentence")
        page.get_by_label("Text").fill("")
        site.save_version(1)
        shows(page, 1)


def test_a_page_that_was_sent_is_not_sent_again_by_itself(site: Site, page: Page) -> None:
    template = site.read("pages/templates/page.html")
    site.write("pages/templates/page.html", template.replace("<form>", '<form method="post">'))
    with site.server():
        page.goto(site.address)
        page.get_by_label("Text").press("Enter")
        site.save_version(1)
        notice = page.get_by_role("button", name="the form is sent again")
        expect(notice).to_be_visible()
        shows(page, 0)


def test_a_style_sheet_is_exchanged_without_loading_the_page(site: Site, page: Page) -> None:
    with site.server():
        page.goto(site.address)
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_css("color", "rgb(1, 2, 3)")
        page.get_by_label("Text").fill("half a sentence")
        page.evaluate("() => { window.stayed = true; }")
        site.write("pages/static/page.css", "h1 { color: rgb(4, 5, 6) }")
        expect(heading).to_have_css("color", "rgb(4, 5, 6)")
        expect(page.locator("link[rel=stylesheet]")).to_have_count(1)
        assert page.evaluate("() => window.stayed")
        site.write("pages/static/page.js", "")
        expect(page.get_by_role("button", name="The code has changed")).to_be_visible()


def test_more_tabs_than_connections_follow(site: Site, context: BrowserContext) -> None:
    """Browsers open six connections to a server at most."""
    with site.server():
        pages = [context.new_page() for _ in range(8)]
        for page in pages:
            page.goto(site.address)
        site.save_version(1)
        for page in pages:
            shows(page, 1)


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django 6.0 brought the policy.")
def test_the_page_follows_within_a_strict_policy(site: Site, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    site.write("mysite/settings.py", SETTINGS + POLICY)
    with site.server():
        page.goto(site.address)
        shows(page, 0)
        site.save_version(1)
        shows(page, 1)
        page.get_by_label("Text").fill("half a sentence")
        site.save_version(2)
        expect(page.get_by_role("button", name="The code has changed")).to_be_visible()
    assert problems == []


def test_the_page_follows_a_server_that_was_away(site: Site, page: Page) -> None:
    with site.server():
        page.goto(site.address)
        shows(page, 0)
    # Of another length: Python takes compiled code of the same second and length for that of this.
    site.save_version(10)
    with site.server():
        shows(page, 10)


def test_only_whole_pages_with_debug_get_the_script(site: Site) -> None:
    with site.server():
        assert "/__workshift__/page.js" in site.get("/")[1]
        assert site.get("/version")[1] == "0"
        assert site.get("/static/page.css")[1] == "h1 { color: rgb(1, 2, 3) }"
        assert "onconnect" in site.get("/__workshift__/events.js")[1]
        assert site.get("/__workshift__/no-such-file")[0] == 404
        settings = SETTINGS.replace("True", "False", 1).replace("= []", "= ['localhost']", 1)
        site.write("mysite/settings.py", settings)
        eventually(lambda: "page.js" not in site.get("/")[1], "DEBUG is off")
        assert site.get("/__workshift__/events.js")[0] == 404
