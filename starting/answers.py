"""What somebody has answered to the questions of copier.yml."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from starting.errors import StartingError
from starting.names import check_name

# The texts of a language are there, or they are not; English is what the code itself speaks.
RUSSIAN = "ru"


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

    def check(self, repository: Path) -> None:
        """Raise StartingError if a project cannot be made of these."""
        check_name(self.name, repository)
        if not 1 <= self.port <= 65_535:
            raise StartingError(f"{self.port} is no port; choose one between 1 and 65535.")
        if self.languages not in {"en", f"en,{RUSSIAN}"}:
            raise StartingError(f"The languages are en or en,{RUSSIAN}, not {self.languages!r}.")


def written(answers: Mapping[str, Any]) -> str:
    """Return the text of the file from which copier knows what it has made."""
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in answers.items()]
    return "\n".join(
        ["# What this project was started with. `copier update` reads and writes it.", *lines, ""]
    )
