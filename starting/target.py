"""The folder that a project is started in: empty before, and again if it cannot be finished."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from starting.errors import StartingError


def require_empty(target: Path) -> None:
    """Raise StartingError if there is anything but perhaps a git repository."""
    if _content(target) - {target / ".git"}:
        raise StartingError(f"{target} is not empty; choose a folder that is empty or new.")


@contextmanager
def emptied_on_failure(target: Path) -> Iterator[None]:
    """Take out of `target` what the block has written there if it does not come to its end."""
    before = _content(target)
    made = [folder for folder in (target, *target.parents) if not folder.exists()]
    try:
        yield
    except BaseException:
        for path in _content(target) - before:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _content(target: Path) -> set[Path]:
    try:
        return set(target.iterdir())
    except FileNotFoundError:
        return set()
    except NotADirectoryError as error:
        raise StartingError(f"{target} is a file; choose a folder that is empty or new.") from error
