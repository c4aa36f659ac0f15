"""What an examination finds: how bad it is, in a sentence, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    # Worth knowing, and nothing to mend.
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """A full sentence about what is there, and the next step where there is one."""

    level: Level
    sentence: str
    next_step: str = ""

    def __str__(self) -> str:
        """Return the finding as one line, whatever its parts were made of."""
        words = " ".join(f"{self.sentence} {self.next_step}".split())
        return f"{self.level.value:<8} {words}"


Findings = Iterator[Finding]


def ok(sentence: str) -> Finding:
    """Return the finding that something is as it should be."""
    return Finding(Level.OK, sentence)


def note(sentence: str, next_step: str = "") -> Finding:
    """Return a finding that nobody needs to act upon."""
    return Finding(Level.NOTE, sentence, next_step)


def warning(sentence: str, next_step: str) -> Finding:
    """Return the finding that something may go wrong."""
    return Finding(Level.WARNING, sentence, next_step)


def problem(sentence: str, next_step: str) -> Finding:
    """Return the finding that something does go wrong."""
    return Finding(Level.PROBLEM, sentence, next_step)


def count(number: int, thing: str) -> str:
    """Return how many there are of a thing, in words that fit the number."""
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
