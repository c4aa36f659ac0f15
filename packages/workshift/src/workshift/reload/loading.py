"""Says what is wrong with code that does not load, and what a generation exits with."""

import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ..env import InvalidEnvironment
from .terminal_of_stack import is_mine_to_say


@dataclass(frozen=True)
class Failure:
    """Why the code does not load."""

    error: BaseException
    text: str  # what the terminal shows
    code: int  # what a generation exits with that can do nothing else

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Return what is to be said of an error that importing the project has raised."""
        text = "".join(traceback.format_exception(error))
        if isinstance(error, SystemExit):
            if isinstance(error.__context__, InvalidEnvironment):
                return cls(error, f"{error.code}\n", 1)
            return cls(
                error, f"{text}A module of the project called sys.exit({error.code!r}).\n", 1
            )
        if isinstance(error, ImproperlyConfigured) and not settings.configured:
            # It is in the settings or in what they are read from, and has been written to be read.
            return cls(error, f"{error}\n", 1)
        # A port or a lock that a module takes when it is imported may be the last generation's.
        return cls(error, text, os.EX_TEMPFAIL if isinstance(error, OSError) else 1)

    def show(self, run_folder: Path) -> None:
        """Print it, unless another process of the stack has just done so."""
        where = traceback.extract_tb(self.error.__traceback__)[-1:]
        lines = [f"{frame.filename}:{frame.lineno}" for frame in where]
        if is_mine_to_say(f"{lines} {self.error!r}", run_folder):
            print(self.text, end="", file=sys.stderr, flush=True)
