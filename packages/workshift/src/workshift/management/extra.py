"""Explains which extra installs a missing package that only development needs."""

from collections.abc import Iterator
from contextlib import contextmanager

_EXTRA = frozenset({"fakeredis", "honcho", "psutil", "watchdog"})


@contextmanager
def only_for_development() -> Iterator[None]:
    """Exit with a sentence if the block imports a package that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA:
            raise
        raise SystemExit(
            f"This command is for development and needs {package}, which is not installed. Run "
            '`python -m pip install "workshift[dev]"`.'
        ) from None
