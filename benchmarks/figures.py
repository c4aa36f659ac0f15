"""What a scenario finds out, and how figures are written."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.started import PATIENCE

# Fewer samples have no 95th percentile worth the name.
_ENOUGH_FOR_P95 = 20


@dataclass
class Result:
    """What one runner has shown in one scenario: a row of its table."""

    cells: dict[str, str]  # by column
    seconds: list[float] = field(default_factory=list)  # the samples behind them, for the chart


@dataclass
class Samples:
    """The seconds that each reload took, and how many never came."""

    seconds: list[float] = field(default_factory=list)
    never: int = 0

    def cells(self) -> dict[str, str]:
        """Return the columns that describe these samples."""
        return {
            "median (s)": self._unless_none(statistics.median),
            "p95 (s)": p95(self.seconds),
            "max (s)": self._unless_none(max),
            "saves": str(len(self.seconds) + self.never),
            "never": f"{self.never} (in {PATIENCE:.0f} s)" if self.never else "0",
        }

    def _unless_none(self, of: Callable[[Sequence[float]], float]) -> str:
        return seconds(of(self.seconds)) if self.seconds else "–"  # noqa: RUF001 - no figure.


def seconds(value: float) -> str:
    """Write a duration with as many digits as are worth reading."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def p95(values: Sequence[float]) -> str:
    """Write the 95th percentile, where there are samples enough for one."""
    if len(values) < _ENOUGH_FOR_P95:
        return "–"  # noqa: RUF001 - no figure.
    return seconds(statistics.quantiles(values, n=20, method="inclusive")[-1])


def megabytes(size: int) -> str:
    """Write a size in bytes as megabytes."""
    return f"{size / 1e6:.0f}"
