"""`./scripts/rename`: give this clone another name, where it is."""

import argparse
import contextlib
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from starting.errors import ends_in_one_sentence
from starting.git import git, require_clean, tracked_files
from starting.names import OURS, Names, check_new_name
from starting.renaming import Renaming, apply
from starting.tidy import tidy

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Rename what git tracks in this clone, and stage the changes.

    Raises StartingError if that cannot be; nothing has changed then.
    """
    parser = argparse.ArgumentParser(
        prog="./scripts/rename",
        description="Give this clone another name, where it is: in the files that git tracks and "
        "in their names. The changes are staged, for you to look at and commit.",
    )
    parser.add_argument("name", help="the new name, which is that of the package")
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    options = parser.parse_args()
    rename(REPOSITORY, options.name, dry_run=options.dry_run)


def rename(repository: Path, name: str, *, dry_run: bool) -> None:
    """Rename the project in `repository`; print a line for each file that changes.

    Raises StartingError if it cannot be; nothing has changed then.
    """
    check_new_name(name, repository)
    if not dry_run:
        require_clean(repository)
    renaming = Renaming(OURS, Names.of(name))
    changes = renaming.changes(repository, tracked_files(repository))
    for change in changes:
        print(change.old if change.new == change.old else f"{change.old} -> {change.new}")
    if dry_run:
        print(f"{len(changes)} files would change; nothing has.")
        return
    with _undone_on_failure(repository):
        apply(repository, changes)
        _remove_bytecode(repository / renaming.old.package)
        tidy(repository, [change.new for change in changes])
        git(repository, "add", "--all")
    print(
        f"{len(changes)} files have changed and are staged; look at them with `git status`, and "
        "commit them. `git reset --hard` takes everything back."
    )


@contextlib.contextmanager
def _undone_on_failure(repository: Path) -> Iterator[None]:
    """Bring a repository that was clean back to its last commit if the block ends too early."""
    try:
        yield
    except BaseException:
        # A second Ctrl-C would stop this half-way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # First what makes room, should it be the disk that is full.
        git(repository, "clean", "--force", "-d", "--quiet")
        git(repository, "reset", "--hard", "--quiet")
        print("It could not be finished; everything is as it was.")
        raise


def _remove_bytecode(package: Path) -> None:
    """Remove a folder that has no files any more but those that Python has written."""
    for cache in [*package.rglob("__pycache__")]:
        shutil.rmtree(cache)
    for folder in [*sorted(package.rglob("*"), reverse=True), package]:
        # What git ignores may be somebody's own.
        with contextlib.suppress(OSError):
            folder.rmdir()


if __name__ == "__main__":
    with ends_in_one_sentence():
        main()
