"""What somebody has answered to the questions of copier.yml."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from starting.errors import StartingError
from starting.names import check_name, check_new_name

# The texts of a language are there, or they are not; English is what the code itself speaks.
RUSSIAN = "ru"

# From 1024 on, those that browsers refuse to open: https://fetch.spec.whatwg.org/#port-blocking
BLOCKED_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566}
    | {6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)


@dataclass(frozen=True)
class Answers:
    """What somebody wants their project to be."""

    name: str
    demo: bool
    port: int
    languages: str

    @classmethod
    def of(cls, answers: Mapping[str, Any]) -> Self:
        """Take what is ours out of the answers that copier has collected."""
        return cls(**{name: answers[name] for name in ("name", "demo", "port", "languages")})

    def check_new(self, repository: Path) -> None:
        """Raise StartingError if a project should not begin with these, or cannot have them.

        A project that has them already goes on with them.
        """
        self.check(repository)
        check_new_name(self.name, repository)
        if self.port < 1024:
            raise StartingError(
                f"Only an administrator's program may listen on port {self.port}; choose one "
                "between 1024 and 65535."
            )
        if self.port in BLOCKED_PORTS:
            raise StartingError(f"Browsers refuse to open port {self.port}; choose another one.")

    def check(self, repository: Path) -> None:
        """Raise StartingError if a project cannot be made of these."""
        check_name(self.name, repository)
        if not 1 <= self.port <= 65_535:
            raise StartingError(f"{self.port} is not a port; choose one between 1024 and 65535.")
        if self.languages not in {"en", f"en,{RUSSIAN}"}:
            raise StartingError(f"The languages are en or en,{RUSSIAN}, not {self.languages!r}.")


def written(answers: Mapping[str, Any]) -> str:
    """Return the text of the file from which copier knows what it has made."""
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in answers.items()]
    return "\n".join(
        ["# What this project was started with. `copier update` reads and writes it.", *lines, ""]
    )
