"""Ignores variables that another project left in the shell and that Celery would obey.

Celery prefers the broker, the result backend and the loader of the environment to any setting
(https://github.com/celery/celery/issues/4284). The worker would then use a different Redis from the
one that `./scripts/dev` names and starts.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

# Celery's command line also copies its options -b, --result-backend and --loader into these, and
# the variables BROKER_URL, RESULT_BACKEND and LOADER, which it reads as those options.
OBEYED_BY_CELERY = (
    "CELERY_BROKER_READ_URL",
    "CELERY_BROKER_URL",
    "CELERY_BROKER_WRITE_URL",
    "CELERY_LOADER",
    "CELERY_RESULT_BACKEND",
)

# Those that were set and are ignored.
ignored: set[str] = set()


def set_aside() -> None:
    """Remove the variables that would override our settings, and record them in `ignored`.

    What this command line asks for stays, and what the settings themselves have read.
    """
    for name in OBEYED_BY_CELERY:
        if os.environ.get(name) != getattr(settings, name, None):
            set_aside_one(name)


def set_aside_one(name: str) -> None:
    """Remove the variable `name`, unless this command line asks for it."""
    value = os.environ.get(name)
    if value and not any(value in argument for argument in sys.argv[1:]):
        del os.environ[name]
        ignored.add(name)


@checks.register("celery")
def variables_are_ours(**_: Any) -> Iterator[checks.CheckMessage]:
    """Report ignored variables to anyone who set them on purpose."""
    if ignored:
        yield checks.Warning(
            f"{' and '.join(sorted(ignored))} in the environment: ignored, because the settings "
            "choose this project's broker and result backend.",
            hint="If you mean this project, set REDIS_URL; if not, unset it in this shell.",
            id="celery.W002",
        )
    if "error" in os.environ.get("PYTHONWARNINGS", ""):
        yield checks.Warning(
            "PYTHONWARNINGS in the environment turns warnings into errors: a package's warning may "
            "keep the worker from starting.",
            hint="Unset it in this shell.",
            id="celery.W003",
        )
