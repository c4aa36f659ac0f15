"""Replace the name of a project, in texts and in paths, wherever it stands as a whole word."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from starting.lock import sort_packages
from starting.names import Names

# Who holds the rights to what was written does not change with the name.
NEVER = frozenset({Path("LICENSE")})


@dataclass(frozen=True)
class Change:
    """What becomes of a file; paths are relative to the folder of the project."""

    old: Path
    new: Path
    text: str | None
    """The new text, or None where it stays what it is."""


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

    def changes(self, folder: Path, files: Iterable[Path]) -> list[Change]:
        """Return what changes of these files of `folder`. Nothing is written."""
        changes = [self._change(folder, file) for file in files if file not in NEVER]
        return [change for change in changes if change.text is not None or change.new != change.old]

    def _change(self, folder: Path, path: Path) -> Change:
        try:
            # As bytes, so that line ends stay what they are.
            old = (folder / path).read_bytes().decode()
        except UnicodeDecodeError:
            return Change(path, self.path(path), None)
        new = self.text(old)
        if path.name == "uv.lock":
            new = sort_packages(new)
        return Change(path, self.path(path), None if new == old else new)

    def _patterns(self) -> list[tuple[str, str]]:
        return [
            (re.escape(self.old.title), self.new.title),
            (rf"(?<![\w-]){re.escape(self.old.distribution)}(?![\w-])", self.new.distribution),
            (rf"(?<!\w){re.escape(self.old.package)}(?!\w)", self.new.package),
            (rf"(?<!\w){re.escape(self.old.camel)}(?=[A-Z]|\b)", self.new.camel),
        ]


def apply(folder: Path, changes: Iterable[Change]) -> None:
    """Write what changes of the files of `folder`."""
    for change in changes:
        if change.text is not None:
            (folder / change.old).write_text(change.text, encoding="utf-8", newline="")
        if change.new != change.old:
            (folder / change.new).parent.mkdir(parents=True, exist_ok=True)
            (folder / change.old).rename(folder / change.new)


def _literally(form: str) -> Callable[[re.Match[str]], str]:
    return lambda _: form
