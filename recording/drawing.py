"""Draws the moments of a run as an SVG: a terminal that scrolls, before it the open page, and under
it what the user does.

CSS alone moves it. The lines lie on a long sheet, of which the window shows a part; a curtain hides
what has not been written yet. Both jump from line to line. Where the reader wants no motion, the
picture stands still at its last but one step, which shows the most.
"""

import re
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from recording.run import Moment

_COLUMNS = 100
_ROWS = 34
_LINE = 17  # height of a line, and for the letters:
_LETTER = 7.23
_MARGIN = 16
_TITLE = 34
_FOOT = 52

_WIDTH = round(_COLUMNS * _LETTER + 2 * _MARGIN)
_SHEET = _TITLE + 6  # where the first line of the window is
_HEIGHT = _SHEET + _ROWS * _LINE + 10 + _FOOT

# The open page, at the right of the terminal's first lines.
_PAGE_WIDTH = 300
_PAGE_HEIGHT = 96
_PAGE_LEFT = _WIDTH - _PAGE_WIDTH - _MARGIN
_PAGE_TOP = _SHEET + 8

# Seconds. A wait is cut to the longest; a step is announced, and what it led to can be read.
_LONGEST_WAIT = 0.8
_ANNOUNCED = 1.6
_READ = 2.6
_END = 6.0

# What to look at, and what a terminal's colours are called: 31 is red, and so on.
_IMPORTANT = re.compile(r"^\$ |Reloaded in|Subject: |Open http")
_COLOUR = re.compile(r"\x1b\[([\d;]*)m")

THEMES = {
    "light": {
        "back": "#ffffff", "edge": "#d1d9e0", "bar": "#f6f8fa", "text": "#59636e",
        "strong": "#1f2328", "step": "#0969da",
        "31": "#cf222e", "32": "#1a7f37", "33": "#9a6700", "34": "#0969da",
        "35": "#8250df", "36": "#0f7b86",
    },
    "dark": {
        "back": "#0d1117", "edge": "#3d444d", "bar": "#161b22", "text": "#9198a1",
        "strong": "#f0f6fc", "step": "#4493f8",
        "31": "#ff7b72", "32": "#3fb950", "33": "#d29922", "34": "#4493f8",
        "35": "#ab7df8", "36": "#39c5cf",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """What is to be seen from a moment on."""

    seconds: float
    lines: int
    step: int
    page: int  # -1: none is open


def svg(moments: list[Moment], theme: str) -> str:
    """Return the drawing in the colours of `theme`."""
    lines = [moment.text for moment in moments if not (moment.is_step or moment.is_page)]
    pages = [moment.text for moment in moments if moment.is_page]
    steps = [moment.text for moment in moments if moment.is_step]
    frames, length = _timeline(moments)
    colours = THEMES[theme]
    still = [frame for frame in frames if frame.step < len(steps) - 1][-1]
    sheet = "\n".join(_line(number, line) for number, line in enumerate(lines))
    foot = _HEIGHT - _FOOT / 2 + 5
    words = "\n".join(
        f'<text class="step s{number}" x="{_MARGIN}" y="{foot:.0f}">'
        f'<tspan class="number">{number + 1}</tspan>  {escape(step)}</text>'
        for number, step in enumerate(steps)
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" \
height="{_HEIGHT}" role="img" aria-labelledby="title" xml:space="preserve">
<title id="title">{escape("; ".join(steps))}</title>
<style>
{_style(colours)}
{_motion(frames, length, len(steps), len(pages), still)}
</style>
<clipPath id="window"><rect y="{_SHEET}" width="{_WIDTH}" height="{_ROWS * _LINE}"/></clipPath>
<rect class="back" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="8"/>
<path class="bar" d="M1 {_TITLE}V8q0-7 7-7H{_WIDTH - 8}q7 0 7 7V{_TITLE}z"/>
<circle class="c31" cx="20" cy="17" r="5.5"/><circle class="c33" cx="38" cy="17" r="5.5"/>\
<circle class="c32" cx="56" cy="17" r="5.5"/>
<g clip-path="url(#window)"><g class="sheet">
{sheet}
<rect class="curtain" width="{_WIDTH - 4}" x="2" y="{_SHEET}" \
height="{(len(lines) + _ROWS) * _LINE}"/>
</g></g>
{_pages(pages)}
<path class="bar" d="M1 {_HEIGHT - _FOOT}H{_WIDTH - 1}V{_HEIGHT - 8}q0 7-7 7H8q-7 0-7-7z"/>
{words}
</svg>
"""


def _timeline(moments: list[Moment]) -> tuple[list[_Frame], float]:
    """Return the frames, and how many seconds they last in all."""
    now, line, step, page = 0.0, 0, -1, -1
    frames: list[_Frame] = []
    for before, moment in pairwise([moments[0], *moments]):
        if moment.is_step:
            now += _READ if step >= 0 else 0
            step += 1
            frames.append(_Frame(now, line, step, page))
            now += _ANNOUNCED
        elif moment.is_page:
            page += 1
            frames.append(_Frame(now, line, step, page))
        else:
            now += min(moment.seconds - before.seconds, _LONGEST_WAIT)
            line += 1
            # Lines within a tenth of a second come at once.
            if frames[-1].step == step and now - frames[-1].seconds < 0.1:
                frames[-1] = _Frame(frames[-1].seconds, line, step, page)
            else:
                frames.append(_Frame(now, line, step, page))
    return frames, now + _END


def _style(colours: dict[str, str]) -> str:
    painted = "\n".join(
        f".c{name} {{ fill: {colour}; }}" for name, colour in colours.items() if name.isdigit()
    )
    return f"""\
text {{ font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
fill: {colours["text"]}; }}
.back {{ fill: {colours["back"]}; stroke: {colours["edge"]}; }}
.curtain {{ fill: {colours["back"]}; }}
.bar {{ fill: {colours["bar"]}; }}
.strong {{ fill: {colours["strong"]}; font-weight: 700; }}
.step {{ fill: {colours["strong"]}; font-size: 14px; opacity: 0; }}
.page {{ opacity: 0; }}
.heading {{ fill: {colours["strong"]}; font: 700 20px system-ui, sans-serif; }}
.sheet-of-page {{ fill: {colours["back"]}; stroke: {colours["edge"]}; }}
.number {{ fill: {colours["step"]}; font-weight: 700; }}
{painted}"""


def _motion(frames: list[_Frame], length: float, steps: int, pages: int, still: _Frame) -> str:
    """Return the rules that move sheet, curtain and steps, and those of a reader who wants none."""

    def jumps(name: str, rule: dict[float, str]) -> str:
        shown, last = [], ""
        for seconds, value in rule.items():
            if value != last:
                shown.append(f"{seconds / length:.2%} {{ {value} }}")
            last = value
        return f"@keyframes {name} {{ {' '.join(shown)} }}"

    def up(frame: _Frame) -> str:
        return f"transform: translateY({-max(frame.lines - _ROWS, 0) * _LINE}px)"

    def down(frame: _Frame) -> str:
        return f"transform: translateY({frame.lines * _LINE}px)"

    rules = [
        jumps("sheet", {frame.seconds: up(frame) for frame in frames}),
        jumps("curtain", {frame.seconds: down(frame) for frame in frames}),
    ]
    for number in range(steps):
        seen = {f.seconds: f"opacity: {1 if f.step == number else 0}" for f in frames}
        rules.append(jumps(f"s{number}", seen))
    for number in range(pages):
        seen = {f.seconds: f"opacity: {1 if f.page == number else 0}" for f in frames}
        rules.append(jumps(f"p{number}", seen))
    names = ["sheet", "curtain"]
    names += [f"s{number}" for number in range(steps)] + [f"p{number}" for number in range(pages)]
    rules += [f".{name} {{ animation: {name} {length:.1f}s step-end infinite; }}" for name in names]
    rules.append(
        "@media (prefers-reduced-motion: reduce) { * { animation: none !important; } "
        f".sheet {{ {up(still)} }} .curtain {{ {down(still)} }} .s{still.step}, .p{still.page} {{ opacity: 1; }} }}"
    )
    return "\n".join(rules)


def _pages(headings: list[str]) -> str:
    """Draw the open page, once with each of its headings."""
    left, top, right = _PAGE_LEFT, _PAGE_TOP, _PAGE_LEFT + _PAGE_WIDTH
    return "\n".join(
        f'<g class="page p{number}">'
        f'<rect class="sheet-of-page" x="{left}" y="{top}" width="{_PAGE_WIDTH}" '
        f'height="{_PAGE_HEIGHT}" rx="8"/>'
        f'<path class="bar" d="M{left + 1} {top + 26}v-18q0-7 7-7H{right - 8}q7 0 7 7v18z"/>'
        f'<text x="{left + 12}" y="{top + 18}">localhost</text>'
        f'<text class="heading" x="{left + 16}" y="{top + 66}">{escape(heading)}</text></g>'
        for number, heading in enumerate(headings)
    )


def _line(number: int, text: str) -> str:
    """Draw a line of the terminal; what is too long for the window is cut."""
    kind = ' class="strong"' if _IMPORTANT.search(text) else ""
    y = _SHEET + (number + 1) * _LINE - 4
    return f'<text{kind} x="{_MARGIN}" y="{y}">{_coloured(text)}</text>'


def _coloured(text: str) -> str:
    drawn, column, colour = "", 0, ""
    # Every second part is what stands between the escape sequences' `[` and `m`.
    for index, part in enumerate(_COLOUR.split(text)):
        if index % 2:
            codes = [code for code in part.split(";") if code in THEMES["light"]]
            colour = codes[-1] if codes else ""
            continue
        words = escape(part[: _COLUMNS - column], quote=False)
        column += len(part)
        drawn += f'<tspan class="c{colour}">{words}</tspan>' if colour and words else words
    return drawn
