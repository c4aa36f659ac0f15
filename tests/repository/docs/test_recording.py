"""The moving picture of the README: what is committed, and how it is drawn."""

import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from workshift.testing.processes import free_port

from recording.drawing import THEMES, svg
from recording.run import Moment
from tests import ROOT


def words(drawing: str) -> list[str]:
    """Return the texts of a drawing, in order."""
    texts = ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - ours.
    return ["".join(text.itertext()) for text in texts]


@pytest.mark.parametrize("theme", THEMES)
def test_the_committed_pictures_show_the_reload_and_are_small(theme: str) -> None:
    drawing = (ROOT / "recording/pictures" / f"recording-{theme}.svg").read_text()

    shown = "\n".join(words(drawing))
    told = ("$ ./scripts/dev", "generation 2 runs", "Your Feedback", "generation 3", "SIGINT")
    positions = [shown.index(text) for text in told]
    assert positions == sorted(positions)
    # What the open page shows, before and after its edit.
    assert re.findall('class="heading"[^>]*>([^<]+)<', drawing) == [
        "Tell us what you think",
        "Live in no time",
    ]
    assert len(drawing) < 100_000
    assert "<script" not in drawing


def test_each_theme_has_all_colours() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_lines_are_coloured_cut_and_escaped() -> None:
    moments = [
        Moment(0, "start", is_step=True),
        Moment(1, "\x1b[32mgreen\x1b[0m & <plain>"),
        Moment(2, "x" * 500),
        Moment(3, "stop", is_step=True),
    ]

    drawing = svg(moments, "dark")

    assert '<tspan class="c32">green</tspan> &amp; &lt;plain&gt;' in drawing
    assert words(drawing) == ["green & <plain>", "x" * 100, "1  start", "2  stop"]


def test_the_open_page_is_seen_from_when_it_is_there_until_it_changes() -> None:
    moments = [
        Moment(0, "start", is_step=True),
        Moment(1, "old & plain", is_page=True),
        Moment(2, "line"),
        Moment(2, "new", is_page=True),
        Moment(3, "stop", is_step=True),
    ]

    drawing = svg(moments, "dark")

    assert "old &amp; plain</text>" in drawing
    for page in ("p0", "p1"):
        assert re.search(rf"@keyframes {page} {{[^@]*opacity: 1", drawing)
    assert ".s0, .p1 { opacity: 1; }" in drawing


def test_it_moves_by_itself_and_stands_still_for_whoever_wants_that() -> None:
    moments = [
        Moment(0, "start", is_step=True),
        *(Moment(1, "line") for _ in range(50)),
        Moment(2, "stop", is_step=True),
    ]

    drawing = svg(moments, "light")

    assert "step-end infinite" in drawing
    still = drawing.partition("prefers-reduced-motion: reduce")[2].partition("</style>")[0]
    assert "animation: none" in still
    assert "translateY(-272px)" in still  # 50 lines, of which the window shows 34.


@pytest.mark.slow
def test_a_run_can_be_recorded(tmp_path: Path, environment: dict[str, str]) -> None:
    command = ["scripts/record", "--output", str(tmp_path), "--port", str(free_port())]

    subprocess.run(command, cwd=ROOT, env=environment, check=True)

    assert "generation 2 runs" in (tmp_path / "recording-dark.svg").read_text()
