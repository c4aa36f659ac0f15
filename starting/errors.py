"""What keeps a project from being started or renamed, and how a program ends then."""

from collections.abc import Iterator
from contextlib import contextmanager


class StartingError(Exception):
    """One sentence that says what is wrong and what to do. Nothing has been changed."""


@contextmanager
def ends_in_one_sentence() -> Iterator[None]:
    """End the program with a sentence instead of a traceback if the block cannot go on."""
    try:
        yield
    except StartingError as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        place = error.filename2 or error.filename
        raise SystemExit(
            f"A file could not be read or written ({error.strerror or error}"
            f"{f': {place}' if place else ''}); see to it, and run this again."
        ) from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped.") from None
