"""Variables that another project has left in the shell, and that Celery would obey before us.

Celery takes its broker, its result store and its loader from the environment before any setting
(https://github.com/celery/celery/issues/4284). The worker would then use another Redis than the
one that `./scripts/dev` names and starts.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

from django.core import checks

# The options -b, --result-backend and --loader of Celery's command line end up in these, and so do
# the variables BROKER_URL, RESULT_BACKEND and LOADER, which it takes for those options.
OBEYED_BY_CELERY = (
    "CELERY_BROKER_READ_URL",
    "CELERY_BROKER_URL",
    "CELERY_BROKER_WRITE_URL",
    "CELERY_LOADER",
    "CELERY_RESULT_BACKEND",
)

# Those that were set and do not count.
ignored: set[str] = set()


def set_aside() -> None:
    """Remove from the environment what would win over our settings, and note it in `ignored`.

    What this command line itself asks for stays.
    """
    for name in OBEYED_BY_CELERY:
        value = os.environ.get(name)
        if value and not any(value in argument for argument in sys.argv[1:]):
            del os.environ[name]
            ignored.add(name)


@checks.register("celery")
def variables_are_ours(**_: Any) -> Iterator[checks.CheckMessage]:
    """What another project has left in the shell does not count; say so to whoever meant it."""
    if ignored:
        yield checks.Warning(
            f"{' and '.join(sorted(ignored))} in the environment: ignored, as the settings "
            "say which broker and which result store this project uses.",
            hint="If you mean this project, set REDIS_URL; if not, unset it in this shell.",
            id="celery.W002",
        )
    if "error" in os.environ.get("PYTHONWARNINGS", ""):
        yield checks.Warning(
            "PYTHONWARNINGS in the environment turns warnings into errors: one of a package may "
            "keep the worker from starting.",
            hint="Unset it in this shell.",
            id="celery.W003",
        )
