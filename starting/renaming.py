"""Replace the name of a project wherever it stands as a whole word, the library aside.

`./scripts/rename` runs this, to give this clone another name where it is.
"""

import re
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from starting.answers import check_name
from starting.errors import ends_in_one_sentence
from starting.git import git, require_clean, tracked_files
from starting.tidy import tidy

PACKAGE = "django_celery"
DISTRIBUTION = "django-celery-starter"


def renamed(text: str, name: str) -> str:
    """Return a text with the new name in it; `django_celery_beat` is another word."""
    text = re.sub(rf"(?<![\w-]){DISTRIBUTION}(?![\w-])", name.replace("_", "-"), text)
    return re.sub(rf"(?<!\w){PACKAGE}(?!\w)", name, text)


def rename(folder: Path, files: Iterable[Path], name: str) -> None:
    """Give the project in `folder` another name, in these files and in the name of its package."""
    for file in files:
        # Who holds the rights to what was written does not change with the name.
        if file.parts[0] not in {"LICENSE", "packages"}:
            # As bytes, so that line ends stay what they are.
            data = (folder / file).read_bytes()
            if b"\0" not in data:
                (folder / file).write_bytes(renamed(data.decode(), name).encode())
    (folder / PACKAGE).rename(folder / name)
    tidy(folder)


def main(repository: Path, name: str) -> None:
    """Rename what git tracks in this clone, and stage the changes.

    Raises StartingError if that cannot be; nothing has changed then.
    """
    check_name(name, repository)
    require_clean(repository)
    try:
        rename(repository, tracked_files(repository), name)
        git(repository, "add", "--all")
    except BaseException:
        # A second Ctrl-C would stop this half-way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        git(repository, "clean", "--force", "-d", "--quiet")
        git(repository, "reset", "--hard", "--quiet")
        print("It could not be finished; everything is as it was.")
        raise
    print("Look at the changes with `git status`, and commit them, or `git reset --hard`.")


if __name__ == "__main__":
    with ends_in_one_sentence():
        main(Path(__file__).resolve().parent.parent, *sys.argv[1:])
