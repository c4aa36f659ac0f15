"""The findings of an examination: how bad they are, and what to do about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    # Worth knowing, but nothing to fix.
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """A full sentence about the state, and the next step if there is one."""

    level: Level
    sentence: str
    next_step: str = ""

    def __str__(self) -> str:
        """Return the finding as one line, even if its parts contain several."""
        words = " ".join(f"{self.sentence} {self.next_step}".split())
        return f"{self.level.value:<8} {words}"


Findings = Iterator[Finding]


def ok(sentence: str) -> Finding:
    """Return a finding that something is as it should be."""
    return Finding(Level.OK, sentence)


def note(sentence: str, next_step: str = "") -> Finding:
    """Return a finding that needs no action."""
    return Finding(Level.NOTE, sentence, next_step)


def warning(sentence: str, next_step: str) -> Finding:
    """Return a finding that something may go wrong."""
    return Finding(Level.WARNING, sentence, next_step)


def problem(sentence: str, next_step: str) -> Finding:
    """Return a finding that something is wrong."""
    return Finding(Level.PROBLEM, sentence, next_step)


def count(number: int, thing: str) -> str:
    """Return the number and the noun, in singular or plural."""
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
