"""What a failed attempt leads to: how long the row waits, and which reason is kept."""

import random
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded

from .. import conf
from ..terminal import escape

# No row waits longer than this for its next attempt, however many it has behind it.
LONGEST_BACKOFF = timedelta(hours=1)

# Characters of an error that are kept: the reason, not a server's whole answer.
LONGEST_REASON = 500


def backoff(attempts: int) -> timedelta:
    """Return the wait after so many attempts: doubled with each, and spread by half around it.

    `DURABLE_BACKOFF_SECONDS` is the first wait.
    """
    first = timedelta(seconds=conf.durable("BACKOFF_SECONDS"))
    # The exponent is bounded, so that no number overflows: 2 ** 20 s are far beyond the longest.
    wait: timedelta = min(first * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF)
    # Rows that failed together, when a server went away, must not all come back together.
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 - no secret.


def reason(error: BaseException) -> str:
    """Return the error as one line that every database can store and every terminal can show."""
    if isinstance(error, SoftTimeLimitExceeded):
        return "It took longer than its time limit."
    words = " ".join(str(error).split())
    line = f"{type(error).__name__}: {words}" if words else type(error).__name__
    # PostgreSQL refuses null bytes, and every database half of a surrogate pair.
    return escape(line)[:LONGEST_REASON]
