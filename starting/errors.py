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
        reason = f"{error.strerror or error}: {error.filename2 or error.filename}"
        raise SystemExit(f"{reason}; fix it, and run this again.") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
