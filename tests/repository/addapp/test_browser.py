"""The page of a new app in a real browser."""

import os
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from workshift.testing.processes import DEADLINE, Process, free_port

from tests.repository.addapp.conftest import Run
from tests.repository.addapp.test_add import assert_passes

pytestmark = pytest.mark.browser

# What a worker does that is told of the rows.
PROCESS = """
from otters.models import Otter
from otters.tasks import process
for row in Otter.objects.all():
    process(str(row.pk), 0)
"""

# Words that are laid out over more than one line.
BROKEN_WORDS = """
    (cells) => cells.flatMap((cell) => {
        const text = cell.firstChild;
        return [...text.data.matchAll(/\\S+/g)].filter(({ 0: word, index }) => {
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
        }).map(([word]) => word);
    })
"""


def test_shows_live_what_becomes_of_a_row_and_fits_a_phone(
    browser: Browser, folder: Path, run: Run
) -> None:
    assert_passes(run("manage.py", "addapp", "otters"))
    port = free_port()
    server = Process(
        [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(port)],
        folder=folder,
        environment={
            **os.environ,
            "DEBUG": "on",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        },
    )
    context = browser.new_context(viewport={"width": 360, "height": 700}, locale="en-GB")
    try:
        server.wait_for("Quit the server")
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/otters/")
        for name in ("Anna Smith", "endless" * 20):
            page.locator("[name=name]").fill(name)
            page.locator("main button").click()
            expect(page.get_by_role("cell", name=name, exact=True)).to_be_visible()
        # Gone as soon as the page is loaded anew.
        page.evaluate("() => { window.stayed = true; }")

        assert_passes(run("manage.py", "shell", "--no-imports", "-c", PROCESS))

        expect(page.get_by_role("cell", name="done")).to_have_count(2, timeout=DEADLINE * 1000)
        assert page.evaluate("() => window.stayed")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
        cells = page.locator("#rows :is(th, td)")
        broken = cells.evaluate_all(BROKEN_WORDS)
        assert {word.replace("endless", "") for word in broken} <= {"", ","}
        assert "live=" not in server.output
    finally:
        context.close()
        server.stop()
