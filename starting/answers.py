"""What somebody has answered to the questions of copier.yml, and whether that can be."""

import keyword
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from starting.errors import StartingError


@dataclass(frozen=True)
class Answers:
    """What somebody wants their project to be."""

    name: str
    demo: bool
    port: int
    languages: str

    def check(self, repository: Path, *, first: bool) -> None:
        """Raise StartingError if no project can be made of these from `repository`.

        One that has them already goes on with them, even if it could not begin with them.
        """
        if first:
            check_name(self.name, repository)
        if not (1024 if first else 1) <= self.port <= 65_535:
            raise StartingError(f"The port is {self.port}; choose one between 1024 and 65535.")
        if self.languages not in {"en", "en,ru"}:
            raise StartingError(f"The languages are en or en,ru, not {self.languages!r}.")


def check_name(name: str, repository: Path) -> None:
    """Raise StartingError if a project that starts from `repository` cannot be called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        hint = nearest(name)
        raise StartingError(
            f"{name!r} cannot be the name of a Python package here: it has lowercase Latin "
            "letters, digits and single underscores, and begins with a letter"
            + (f"; try {hint}." if hint else ", as in my_shop.")
        )
    if reason := _taken(name, repository):
        raise StartingError(f"{name!r} cannot be the name: {reason}; try my_{name}.")


def nearest(name: str) -> str:
    """Return the valid name that is most like `name`, or nothing if there is none."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).lstrip("_0123456789").rstrip("_")


def _taken(name: str, repository: Path) -> str:
    """Return why a project cannot have this name, or nothing if it can."""

    def says(file: str, pattern: str) -> bool:
        return bool(re.search(pattern, (repository / file).read_text("utf-8"), re.MULTILINE))

    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "Python has a keyword of this name"
    # Python leaves its own tests out of the list.
    if name in sys.stdlib_module_names or name == "test":
        return "Python's standard library has a module of this name"
    if (repository / name).exists() or (repository / f"{name}.py").exists():
        return "the project has a folder or a module of this name"
    if says("uv.lock", f'^name = "{name.replace("_", "[-_.]")}"$') or find_spec(name):
        return "a package that the project uses has this name"
    # Django tells apps apart by the last part of their names, and the project's package is one.
    if says("django_celery/settings.py", rf'"[\w.]+\.{name}"[,)]$'):
        return "an app of the project has this name"
    if says(".gitignore", f"^/?{name}/$"):
        return "git ignores the folder of this name"
    if name == "orders":
        return "the documentation adds an app of this name"
    return ""
