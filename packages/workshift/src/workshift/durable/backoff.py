"""Decides how long a row waits after a failed attempt, and which reason to store.

The first wait is the setting `DURABLE_BACKOFF_SECONDS`, in the settings of the project.
"""

import random
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded

from .. import conf
from ..terminal import escape

# No row waits longer than this for its next attempt, however many have failed.
LONGEST_BACKOFF = timedelta(hours=1)

# The most characters of an error to store: the reason, not a server's whole response.
LONGEST_REASON = 500


def backoff(attempts: int) -> timedelta:
    """Return the wait after this many attempts: doubled each time, and randomized by up to half.

    `DURABLE_BACKOFF_SECONDS` is the first wait.
    """
    first = timedelta(seconds=conf.durable("BACKOFF_SECONDS"))
    # The exponent is limited to prevent an overflow: 2 ** 20 s is far beyond the longest wait.
    wait: timedelta = min(first * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF)
    # Rows that failed together, when a server went down, must not all be retried together.
    return wait * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret.


def reason(error: BaseException) -> str:
    """Return the error as one line that every database can store and every terminal can show."""
    if isinstance(error, SoftTimeLimitExceeded):
        return "It took longer than its time limit."
    words = " ".join(str(error).split())
    line = f"{type(error).__name__}: {words}" if words else type(error).__name__
    # PostgreSQL refuses null bytes; every database refuses half of a surrogate pair.
    return escape(line)[:LONGEST_REASON]
