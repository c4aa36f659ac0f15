"""The name of a project: the forms that it takes, and which names are possible."""

import keyword
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from starting.errors import StartingError
from starting.git import tracked_files

# Packages of the lock that are imported under another name than they are installed under.
IMPORTED_AS = frozenset(
    {"attr", "dateutil", "environ", "markdown_it", "mypy_django_plugin", "mypyc", "public"}
    | {"py", "ruamel", "xdist", "yaml", "zope"}
)

# Django tells apps apart by the last part of their names, and the project's package is an app.
APP_LABELS = frozenset(
    {"admin", "auth", "contenttypes", "durable", "mailbox", "messages", "sessions", "staticfiles"}
)

# The folders that git ignores, also where they are not there yet.
IGNORED = frozenset({"media", "node_modules", "static"})

# The apps that the documentation adds.
DOCUMENTED = frozenset({"orders"})


@dataclass(frozen=True)
class Names:
    """A project's name in each of the forms in which it is written."""

    package: str
    """The folder with the settings; also the Celery app, the queue and the Redis prefix."""
    distribution: str
    """The `name` in pyproject.toml."""
    camel: str
    """How names of classes begin."""
    title: str
    """The headline of the README."""

    @classmethod
    def of(cls, package: str) -> Self:
        """Derive the other forms from the name of the package."""
        words = [word for word in package.split("_") if word]
        return cls(
            package=package,
            distribution="-".join(words),
            camel="".join(word.capitalize() for word in words),
            title=" ".join(words).capitalize(),
        )


OURS = Names(
    package="django_celery",
    distribution="django-celery-starter",
    camel="DjangoCelery",
    title="Django + Celery, live",
)


def check_new_name(name: str, repository: Path) -> None:
    """Raise StartingError if a project should not begin with this name, or cannot have it."""
    check_name(name, repository)
    if name in DOCUMENTED:
        _refuse(name, "the documentation adds an app of this name")


def check_name(name: str, repository: Path) -> None:
    """Raise StartingError if the project in `repository` cannot be called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        hint = nearest(name)
        raise StartingError(
            f"{name!r} cannot be the name of a Python package here: it has lowercase Latin "
            "letters, digits and single underscores, and begins with a letter"
            + (f"; try {hint}." if hint else ", as in my_shop.")
        )
    reason = _taken(name, repository)
    if reason:
        _refuse(name, reason)


def _refuse(name: str, reason: str) -> NoReturn:
    raise StartingError(f"{name!r} cannot be the name: {reason}; try my_{name}.")


def nearest(name: str) -> str:
    """Return the valid name that is most like `name`, or nothing if there is none."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).lstrip("_0123456789").rstrip("_")


def _taken(name: str, repository: Path) -> str:
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "Python has a keyword of this name"
    # Python leaves its own tests out of the list.
    if name in sys.stdlib_module_names or name == "test":
        return "Python's standard library has a module of this name"
    if name in IMPORTED_AS or name in _locked(repository):
        return "a package that the project uses has this name"
    if name in APP_LABELS:
        return "an app of the project has this name"
    if name in IGNORED:
        return "git ignores the folder of this name"
    if name == OURS.package:
        return "that is what it is called now"
    files = tracked_files(repository)
    if name in {file.parts[0].removesuffix(".py") for file in files} or (
        (repository / name).exists()
    ):
        return "the project has a folder or a module of this name"
    return ""


def _locked(repository: Path) -> set[str]:
    """Return the names of the packages of uv.lock, written as they are imported."""
    lock = tomllib.loads((repository / "uv.lock").read_text(encoding="utf-8"))
    return {re.sub(r"[-.]", "_", package["name"]) for package in lock["package"]}
