"""Keeps in a small file when each entry of `CELERY_BEAT_SCHEDULE` ran last."""

import datetime
import json
import operator
from pathlib import Path

# By the entry's name: when it ran last, and how often it has run.
LastRuns = dict[str, tuple[datetime.datetime, int]]


class UnreadableError(Exception):
    """The file is there, but not as `write()` leaves it, after a power cut for example."""


def read(path: Path) -> LastRuns:
    """Return what `write()` has written to `path`; nothing if there is no such file.

    Raises UnreadableError if it holds anything else.
    """
    try:
        runs = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: (_moment(moment), operator.index(count)) for name, (moment, count) in runs.items()
        }
    except FileNotFoundError:
        return {}
    # A list has no items, a number is no pair, and brackets may be nested too deep.
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableError(str(error)) from error


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    # Beyond, not every time zone can express it.
    if not 1970 <= moment.year < datetime.MAXYEAR:
        raise ValueError(f"nothing ran at {text}")
    return moment


def write(path: Path, runs: LastRuns) -> None:
    """Put `runs` into the file at once, so that nobody ever sees half of it."""
    temporary = path.with_suffix(".new")
    text = json.dumps({name: (moment.isoformat(), count) for name, (moment, count) in runs.items()})
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
