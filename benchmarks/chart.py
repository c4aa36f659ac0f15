"""Draws the seconds from a save to new code as an SVG bar chart, light or dark like its reader."""

import math
from collections.abc import Collection, Sequence
from html import escape

from benchmarks.figures import seconds
from benchmarks.record import Record
from benchmarks.runners import Runner
from benchmarks.started import PATIENCE

# The scenarios that are drawn, with what the legend calls them.
_SERIES = {
    "save": "a save",
    "busy": "while a 10 s task runs",
    "slow": "while a 3 s request runs",
    "heavy": "with heavy imports",
}

_TITLE = "Seconds from a save to the first result or page of the new code"

_WIDTH = 760
_LEFT = 225  # where the bars begin
_RIGHT = 690  # where the axis ends; the longest bar's figure stands behind it
_TOP = 96
_BAR = 13
_GAP = 12  # between two runners, and twice before the next suite

# The axis, in seconds. Logarithmic: a tenth of a second and ten would not fit on another.
_FIRST, _LAST = 0.05, 30.0
_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.ours { font-weight: 600; }
.quiet { fill: #59636e; font-size: 12px; }
line { stroke: #d1d9e0; }
.background { fill: #ffffff; }
.save { fill: #0969da; }
.busy { fill: #bc4c00; }
.slow { fill: #1a7f37; }
.heavy { fill: #8250df; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .quiet { fill: #9198a1; }
  line { stroke: #3d444d; }
  .background { fill: #0d1117; }
  .save { fill: #4493f8; }
  .busy { fill: #f0883e; }
  .slow { fill: #3fb950; }
  .heavy { fill: #ab7df8; }
}
"""


def svg(known: Sequence[tuple[Sequence[Runner], Record]]) -> str:
    """Return the chart of the drawn scenarios, one group of runners below the other."""
    bars: list[str] = []
    y = _TOP
    for runners, record in known:
        for runner in runners:
            drawn = [
                (name, part.median(runner.name))
                for name in _SERIES
                if (part := record.parts.get(name)) and runner.name in part.results
            ]
            if not drawn:
                continue
            middle = y + len(drawn) * _BAR / 2 + 4
            kind = "ours" if runner.ours else "other"
            bars.append(_text(_LEFT - 10, middle, runner.title, kind, anchor="end"))
            for name, median in drawn:
                bars.append(_bar(name, median, y))
                y += _BAR
            y += _GAP
        y += _GAP
    y -= _GAP
    height = y + 34
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
            f'<title id="title">{_TITLE}</title>',
            f"<style>\n{_STYLE}</style>",
            f'<rect class="background" width="{_WIDTH}" height="{height}" rx="6"/>',
            _text(20, 30, _TITLE, "title"),
            *_legend({name for _, record in known for name in record.parts}),
            *_axis(y),
            *bars,
            "</svg>\n",
        ]
    )


def _bar(name: str, median: float | None, y: float) -> str:
    """Draw one bar with its figure; one that never ended goes to the end of the axis."""
    end = _x(median or _LAST)
    label = seconds(median) if median else f"never (in {PATIENCE:.0f} s)"
    opacity = "" if median else ' opacity="0.35"'
    # Within the bar where there is no room behind it.
    inside = not median
    return (
        f'<rect class="{name}" x="{_LEFT}" y="{y}" width="{end - _LEFT:.1f}" '
        f'height="{_BAR - 2}" rx="2"{opacity}/>'
        + _text(_LEFT + 8 if inside else end + 5, y + _BAR - 3, label, "quiet")
    )


def _legend(measured: Collection[str]) -> list[str]:
    drawn = []
    x = 20.0
    for name, label in _SERIES.items():
        if name in measured:
            drawn.append(f'<rect class="{name}" x="{x:.0f}" y="43" width="11" height="11" rx="2"/>')
            drawn.append(_text(x + 17, 53, label, "quiet"))
            x += 40 + 6.3 * len(label)
    # Below the rest: four series fill the line.
    drawn.append(_text(20, 70, "medians, log scale; lean: no mingle, no gossip", "quiet"))
    return drawn


def _axis(bottom: float) -> list[str]:
    drawn = []
    for tick in _TICKS:
        x = _x(tick)
        drawn.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}"/>')
        drawn.append(_text(x, bottom + 16, f"{tick:g} s", "quiet", anchor="middle"))
    return drawn


def _x(value: float) -> float:
    clamped = min(max(value, _FIRST), _LAST)
    return _LEFT + (_RIGHT - _LEFT) * math.log(clamped / _FIRST) / math.log(_LAST / _FIRST)


def _text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    attributes = f'class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {attributes}>{escape(words)}</text>"
