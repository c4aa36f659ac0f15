"""The workers that are compared: this project's `runworker`, and the alternatives as documented."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.project import PACKAGE

_WORKER = f"-A {PACKAGE} worker -l INFO -c 2"

_WATCHFILES = ("watchfiles", "--filter", "python", "celery.__main__.main", "--args")

_WATCHMEDO = (
    *("watchmedo", "auto-restart", "--directory=.", "--patterns=**/*.py", "--recursive"),
    *("--", "celery", *_WORKER.split()),
)

# What a worker can do without when it is alone; some recipes say so.
_LEAN = "--without-mingle --without-gossip"


@dataclass(frozen=True)
class Runner:
    """A command that runs a worker and reloads it."""

    name: str
    title: str
    command: tuple[str, ...]
    source: str  # where the command is written like this
    # Which threads of the worker's main process belong to the reloader.
    reloader_threads: Literal["none", "main", "others"] = "none"
    ours: bool = False
    # What its documentation has one append to the project's settings.
    settings: str = ""


OURS = Runner(
    "runworker",
    "runworker",
    ("python", "manage.py", "runworker", "-l", "INFO", "-c", "2"),
    "this project",
    ours=True,
)

RUNNERS = (
    OURS,
    Runner(
        "watchfiles",
        "watchfiles",
        (*_WATCHFILES, _WORKER),
        "cookiecutter-django, `compose/local/django/celery/worker/start`",
    ),
    Runner(
        "watchfiles-lean",
        "watchfiles, lean",
        (*_WATCHFILES, f"{_WORKER} {_LEAN}"),
        "the same, with what makes a single worker start faster",
    ),
    Runner(
        "watchmedo",
        "watchmedo",
        _WATCHMEDO,
        "watchdog's documentation and help, with the pattern that watchdog 7 needs",
    ),
    Runner(
        "watchmedo-lean",
        "watchmedo, lean",
        (*_WATCHMEDO, *_LEAN.split()),
        "the same, with what makes a single worker start faster",
    ),
    Runner(
        "autoreload",
        "Django's autoreload",
        ("python", "manage.py", "autoreloadworker"),
        "a command on `django.utils.autoreload.run_with_reloader`, as recipes have it: "
        "`benchmarks/probe/management/commands/autoreloadworker.py`",
        reloader_threads="main",
    ),
    Runner(
        "hupper",
        "hupper",
        ("hupper", "-m", "celery", *_WORKER.split()),
        "hupper's command line, with watchdog installed as its documentation recommends",
        reloader_threads="others",
    ),
)
