"""Writes what was measured: a table for the terminal, a page for the documentation."""

from collections.abc import Sequence

from benchmarks.figures import Result, seconds
from benchmarks.plan import Scenario
from benchmarks.record import Part, Record
from benchmarks.runners import Runner
from benchmarks.suite import Suite


def text[P](suite: Suite[P], part: Part) -> str:
    """Return the table of one scenario for the terminal."""
    return text_table(*_table(suite, part))


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table for the terminal."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headers, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)


def markdown[P](suite: Suite[P], record: Record) -> str:
    """Return the page with everything that was measured."""
    paragraphs = [suite.introduction]
    if advantage := record.advantage("save", suite.runners[0].name):
        ours, best = advantage
        paragraphs.append(
            suite.advantage.format(
                ours=seconds(ours), best=seconds(best), times=f"{best / ours:.1f}"
            )
            + "\n"
        )
    paragraphs.append("## Measured on\n")
    paragraphs.append(markdown_table(["", ""], [[k, v] for k, v in record.machine.items()]))
    paragraphs.append("## Compared\n")
    paragraphs.append(
        markdown_table(
            ["", "command", "as in"],
            [[runner.title, f"`{_command(runner)}`", runner.source] for runner in suite.runners],
        )
    )
    for scenario in suite.scenarios:
        if part := record.parts.get(scenario.name):
            paragraphs += _section(suite, scenario, part)
    return "\n".join(paragraphs)


def _section[P](suite: Suite[P], scenario: Scenario[P], part: Part) -> list[str]:
    made = f"{part.date}, load average before: {part.load:.2f}"
    return [
        f"## {scenario.title}\n",
        f"{scenario.about}\n",
        markdown_table(*_table(suite, part)),
        f"{made}. Again: `{suite.command} --only {scenario.name}`\n",
    ]


def _table[P](suite: Suite[P], part: Part) -> tuple[list[str], list[list[str]]]:
    columns = list(dict.fromkeys(name for result in part.results.values() for name in result.cells))
    titles = {runner.name: runner.title for runner in suite.runners}
    rows = [[titles[name], *_cells(result, columns)] for name, result in part.results.items()]
    return ["", *columns], rows


def _cells(result: Result, columns: Sequence[str]) -> list[str]:
    return [result.cells.get(column, "–") for column in columns]  # noqa: RUF001 - no figure.


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table for a page."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _command(runner: Runner) -> str:
    return " ".join(f"'{word}'" if " " in word or "*" in word else word for word in runner.command)
