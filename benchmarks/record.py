"""The figures of a run, or of several parts of one, kept as JSON beside the page about them."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.figures import Result


@dataclass
class Part:
    """What one scenario has shown."""

    date: str
    load: float  # the load average before it
    results: dict[str, Result] = field(default_factory=dict)  # by the runner's name

    def median(self, runner: str) -> float | None:
        """Return the median of a runner's samples, if it has any."""
        result = self.results.get(runner)
        return statistics.median(result.seconds) if result and result.seconds else None


@dataclass
class Record:
    """What all scenarios have shown on one machine with one set of versions."""

    machine: dict[str, str]
    parts: dict[str, Part] = field(default_factory=dict)  # by the scenario's name

    @classmethod
    def load(cls, file: Path, machine: dict[str, str]) -> Self:
        """Return what `file` holds, or an empty record if it is not of this machine."""
        if file.exists() and (record := cls.read(file)).machine == machine:
            return record
        return cls(machine)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return what `file` holds."""
        content = json.loads(file.read_text())
        parts = {
            name: Part(
                part["date"],
                part["load"],
                {runner: Result(**result) for runner, result in part["results"].items()},
            )
            for name, part in content["parts"].items()
        }
        return cls(content["machine"], parts)

    def save(self, file: Path) -> None:
        """Write everything to `file`."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    def advantage(self, scenario: str, ours_name: str) -> tuple[float, float] | None:
        """Return our median in `scenario` and the best of the others; None without both."""
        part = self.parts.get(scenario)
        if part is None or (ours := part.median(ours_name)) is None:
            return None
        others = [
            median for name in part.results if name != ours_name and (median := part.median(name))
        ]
        return (ours, min(others)) if others else None
