"""What was promised to whom, what was delivered when: read from the files of both sides."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import seconds

# Seconds of a submission, or until its e-mail is there, that nobody complains about.
SOON = 1.0


@dataclass(frozen=True)
class Submission:
    """What became of one. Times are in seconds since the epoch."""

    due: float
    answered: float
    trouble: str  # empty if it was accepted
    delivered: tuple[float, ...]  # once for each e-mail

    @property
    def took(self) -> float:
        """Seconds that the visitor waited."""
        return self.answered - self.due


class Accounts:
    """The two files, in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Nothing has been promised yet."""
        self.submissions = folder / "submissions.tsv"
        self.mails = folder / "mails.tsv"

    def all(self, since: float = 0) -> list[Submission]:
        """Return everything that was submitted since then."""
        taken: dict[str, list[float]] = defaultdict(list)
        for when, pk in _lines(self.mails):
            taken[pk].append(float(when))
        return [
            Submission(float(due), float(answered), trouble, tuple(taken.get(pk, ())))
            for due, answered, trouble, pk in _lines(self.submissions)
            if float(due) >= since
        ]

    def times_of_mails(self, since: float = 0) -> list[float]:
        """Return when each e-mail was taken."""
        return [float(when) for when, _ in _lines(self.mails) if float(when) >= since]


@dataclass(frozen=True)
class Account:
    """Some submissions, counted."""

    submissions: Sequence[Submission]

    @property
    def accepted(self) -> list[Submission]:
        """Those to whose authors the site has promised an e-mail."""
        return [one for one in self.submissions if not one.trouble]

    @property
    def errors(self) -> int:
        """How many were answered with an error, or not at all."""
        return sum(bool(one.trouble) for one in self.submissions)

    @property
    def lost(self) -> int:
        """How many were promised and not delivered."""
        return sum(not one.delivered for one in self.accepted)

    @property
    def twice(self) -> int:
        """How many were delivered more than once."""
        return sum(len(one.delivered) > 1 for one in self.submissions)

    def request(self) -> list[float]:
        """Return how long each visitor waited, from the moment of coming on."""
        return [one.took for one in self.submissions]

    def delivery(self) -> list[float]:
        """Return how long after the visitor came each first e-mail was taken."""
        return [min(one.delivered) - one.due for one in self.accepted if one.delivered]

    def rate(self) -> float:
        """Return how many a second were accepted, from the first to the last answer."""
        answers = [one.answered for one in self.accepted]
        return (len(answers) - 1) / (max(answers) - min(answers)) if len(answers) > 1 else 0

    def normal_again(self, since: float) -> float:
        """Return the seconds from `since` to the end of all that visitors could notice.

        That is an error, a wait of more than `SOON` seconds, or an e-mail that late.
        """
        ends = [since]
        for one in self.submissions:
            if one.trouble or one.took > SOON:
                ends.append(one.answered)
            if one.delivered and (first := min(one.delivered)) > one.due + SOON:
                ends.append(first)
        return max(ends) - since

    def cells(self) -> dict[str, str]:
        """Return the columns about speed."""
        request, delivery = self.request(), self.delivery()
        return {
            "accepted/s": f"{self.rate():.0f}",
            **{f"request p{n} (s)": percentile(request, n) for n in (50, 95, 99)},
            **{f"to e-mail p{n} (s)": percentile(delivery, n) for n in (50, 95, 99)},
            "errors": str(self.errors),
            "lost": str(self.lost),
            "twice": str(self.twice),
        }


def quantile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of `values`, of which there are some."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def percentile(values: Sequence[float], percent: int) -> str:
    """Write a percentile."""
    return seconds(quantile(values, percent)) if values else "–"  # noqa: RUF001 - no figure.


def _lines(file: Path) -> list[list[str]]:
    """Return the complete lines of `file`, split at tabs."""
    if not file.exists():
        return []
    return [line.split("\t") for line in file.read_text().split("\n")[:-1]]
