"""Replace the name of a project, in texts and in paths, wherever it stands as a whole word."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starting.lock import sort_packages
from starting.names import Names

# Who holds the rights to what was written does not change with the name.
NEVER = frozenset({Path("LICENSE")})


@dataclass(frozen=True)
class Renaming:
    """How one name becomes another; `django_celery_beat` is another word than `django_celery`."""

    old: Names
    new: Names

    def text(self, text: str) -> str:
        """Return a text with the new name in it."""
        for pattern, form in self._patterns():
            text = re.sub(pattern, _literally(form), text)
        return text

    def path(self, path: Path) -> Path:
        """Return a path with the new name in it."""
        return Path(*(self.text(part) for part in path.parts))

    def file(self, folder: Path, path: Path) -> tuple[Path, str | None]:
        """Return the new path of a file of `folder`, and its new text.

        Both are relative to `folder` and nothing is written. The text is None where it stays.
        """
        if path in NEVER:
            return path, None
        try:
            # As bytes, so that line ends stay what they are.
            old = (folder / path).read_bytes().decode()
        except UnicodeDecodeError:
            return self.path(path), None
        new = self.text(old)
        if path.name == "uv.lock":
            new = sort_packages(new)
        return self.path(path), None if new == old else new

    def _patterns(self) -> list[tuple[str, str]]:
        return [
            (re.escape(self.old.title), self.new.title),
            (rf"(?<![\w-]){re.escape(self.old.distribution)}(?![\w-])", self.new.distribution),
            (rf"(?<!\w){re.escape(self.old.package)}(?!\w)", self.new.package),
            (rf"(?<!\w){re.escape(self.old.camel)}(?=[A-Z]|\b)", self.new.camel),
        ]


def _literally(form: str) -> Callable[[re.Match[str]], str]:
    return lambda _: form
