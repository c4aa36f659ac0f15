"""Writes what was measured: a table for the terminal, a page for the documentation."""

from collections.abc import Sequence

from benchmarks.figures import Result, seconds
from benchmarks.plan import Scenario
from benchmarks.record import Part, Record
from benchmarks.runners import RUNNERS, Runner
from benchmarks.scenarios import SCENARIOS

_INTRODUCTION = """\
# Measurements

How long after a save a task runs on the new code, with this project's `runworker` and with the \
alternatives, side by side in one run. Every worker is Celery's prefork pool with 2 processes, on \
the same project with the same settings and a Redis of its own; one is measured at a time, and \
each scenario goes through all of them before the next begins.

![Seconds from a save to the first result of the new code](measurements.svg)

To measure on your own machine (Linux, with redis-server or valkey-server installed):

```console
./scripts/bench            # everything, about 22 minutes; leave the machine alone meanwhile
./scripts/bench --quick    # a smoke run of about a minute, which changes no file here
./scripts/bench --help     # single scenarios, single runners, more saves
```

The figures behind this page are in `measurements.json`.
"""


def text(part: Part) -> str:
    """Return the table of one scenario for the terminal."""
    headers, rows = _table(part)
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headers, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)


def markdown(record: Record) -> str:
    """Return the page with everything that was measured."""
    paragraphs = [_INTRODUCTION]
    if advantage := record.advantage("save"):
        ours, best = advantage
        paragraphs.append(
            f"After a save, new code runs in {seconds(ours)} s; with the fastest of the others in "
            f"{seconds(best)} s, which is {best / ours:.1f} times as long (medians).\n"
        )
    paragraphs.append("## Measured on\n")
    paragraphs.append(_markdown_table(["", ""], [[k, v] for k, v in record.machine.items()]))
    paragraphs.append("## Compared\n")
    paragraphs.append(
        _markdown_table(
            ["", "command", "as in"],
            [[runner.title, f"`{_command(runner)}`", runner.source] for runner in RUNNERS],
        )
    )
    for scenario in SCENARIOS:
        if part := record.parts.get(scenario.name):
            paragraphs += _section(scenario, part)
    return "\n".join(paragraphs)


def _section(scenario: Scenario, part: Part) -> list[str]:
    made = f"{part.date}, load average before: {part.load:.2f}"
    return [
        f"## {scenario.title}\n",
        f"{scenario.about}\n",
        _markdown_table(*_table(part)),
        f"{made}. Again: `./scripts/bench --only {scenario.name}`\n",
    ]


def _table(part: Part) -> tuple[list[str], list[list[str]]]:
    columns = list(dict.fromkeys(name for result in part.results.values() for name in result.cells))
    titles = {runner.name: runner.title for runner in RUNNERS}
    rows = [[titles[name], *_cells(result, columns)] for name, result in part.results.items()]
    return ["", *columns], rows


def _cells(result: Result, columns: Sequence[str]) -> list[str]:
    return [result.cells.get(column, "–") for column in columns]  # noqa: RUF001 - no figure.


def _markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _command(runner: Runner) -> str:
    return " ".join(f"'{word}'" if " " in word or "*" in word else word for word in runner.command)
