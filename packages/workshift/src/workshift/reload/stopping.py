"""Says how long a stop takes: every number of seconds between Ctrl-C and the end, in one place.

All processes of `./scripts/dev` are told to stop at the same moment. The worker lets its tasks run
for `--grace`, has the rest given back, and ends. Redis stays until the others are gone, and whoever
has started them kills what is left after `limit()`.
"""

import math
import os

# What running tasks get to finish in, unless `--grace` says otherwise.
GRACE = 2.0

# What a generation gets for giving its tasks back when it has to end at once.
GIVE_BACK = 1.0

# What the supervisor waits for that, before it kills the generation.
HARD_STOP = GIVE_BACK + 0.5

# What the supervisor itself needs to end.
_SUPERVISOR = 0.5

# What a Redis gets to end in once it is told to, before it is killed.
REDIS = 1.0

# What a generation whose supervisor has died gets to stop consuming in, before it gives its tasks
# back; and what whoever forked it waits for both, before it kills the generation.
ABANDONED = 0.5
ABANDONED_GENERATION = ABANDONED + GIVE_BACK

# What each of the processes between the supervisor and a generation waits longer than the one below.
ABANDONED_MORE = 0.25

# After how long honcho kills, unless it is told otherwise (honcho.manager.KILL_WAIT).
HONCHO = 5.0

# The variable that tells the processes of `./scripts/dev` how long they have; dev/manager.py,
# which imports nothing of the project, reads it as well.
VARIABLE = "DEV_STOP_SECONDS"


def of_worker(grace: float) -> float:
    """Return the seconds after which a `runworker` with this `--grace` has certainly ended."""
    return grace + HARD_STOP + _SUPERVISOR


def of_stack(grace: float) -> float:
    """Return the seconds after which Redis, which waits for that worker, has ended as well."""
    return of_worker(grace) + REDIS


def limit() -> float:
    """Return the seconds after which what is left of the stack is killed."""
    return float(os.environ.get(VARIABLE, HONCHO))


def redis_patience() -> float:
    """Return the seconds that Redis can wait for the others."""
    return limit() - REDIS


def longest_that_fits() -> float:
    """Return the longest `--grace` with which a worker has ended before Redis does."""
    return redis_patience() - of_worker(0)


def seconds(text: str) -> float:
    """Read what `--grace` says. Raises ValueError if that is no duration."""
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError
    return value
