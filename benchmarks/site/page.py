"""What was found out, kept as JSON, and the page about it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.machine import load_average
from benchmarks.report import markdown_table, text_table

Rows = dict[str, dict[str, str]]


@dataclass
class Findings:
    """A table, and a sentence or two about what it does not say."""

    rows: Rows
    remark: str = ""
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M %Z"))
    load: float = field(default_factory=load_average)  # the load average before it

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return the headers and the rows; not every row has every column."""
        columns = list(dict.fromkeys(name for cells in self.rows.values() for name in cells))
        return ["", *columns], [
            [name, *(cells.get(column, "–") for column in columns)]  # noqa: RUF001 - no figure.
            for name, cells in self.rows.items()
        ]


@dataclass(frozen=True)
class Section[P]:
    """A part of a page; `measure` finds out what it says."""

    name: str
    title: str
    about: str
    measure: Callable[[P], Findings]


@dataclass(frozen=True)
class Page[P]:
    """A page and the command that writes it."""

    command: str
    about: str  # one sentence for --help
    name: str
    introduction: str
    sections: Sequence[Section[P]]
    quick: Sequence[str]  # what a smoke run measures
    # What all sections share: a folder, what is known so far, and whether this is a smoke run.
    plan: Callable[[Path, Mapping[str, Findings], bool], P]
    packages: Sequence[str]  # whose versions the figures depend on


@dataclass
class Record:
    """What all sections have shown on one machine."""

    machine: Mapping[str, str]
    parts: dict[str, Findings] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, machine: Mapping[str, str]) -> Self:
        """Return what `file` holds, or an empty record if it is not of this machine."""
        if file.exists() and (content := json.loads(file.read_text()))["machine"] == machine:
            parts = {name: Findings(**part) for name, part in content["parts"].items()}
            return cls(machine, parts)
        return cls(machine)

    def save[P](self, file: Path, page: Page[P]) -> None:
        """Write everything to `file`, and the page beside it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")
        file.with_suffix(".md").write_text(self._markdown(page))

    def _markdown[P](self, page: Page[P]) -> str:
        machine = [[name, value] for name, value in self.machine.items()]
        paragraphs = [page.introduction, "## Measured on\n", markdown_table(["", ""], machine)]
        for section in page.sections:
            if found := self.parts.get(section.name):
                made = f"{found.date}, load average before: {found.load:.2f}"
                paragraphs += [
                    f"## {section.title}\n",
                    f"{section.about}\n",
                    markdown_table(*found.table()),
                    *([f"{found.remark}\n"] if found.remark else []),
                    f"{made}. Again: `{page.command} --only {section.name}`\n",
                ]
        return "\n".join(paragraphs)


def text(found: Findings) -> str:
    """Return the table and the remark for the terminal."""
    return f"{text_table(*found.table())}\n{found.remark}".rstrip()
