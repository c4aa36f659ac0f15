"""A project's command line: Django's, but some commands start even if the code is broken."""

import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec

from django.core import management
from django.core.management.base import handle_default_options

from .. import paths
from ..dev import lifeline
from ..env import (
    forget_dotenv_copy,
    one_sentence_if_invalid,
    remember_environment,
    require_settings_module,
)
from . import other_app

_APP = __name__.partition(".")[0]

# Worker and web server wait for the save that fixes the code; the doctor says what is wrong with it.
_WITHOUT_SET_UP = frozenset({"doctor", "runceleryworker", "runserver", "runworker"})


def _starts_without_set_up(argv: Sequence[str]) -> bool:
    if argv[1:2] == ["runserver"] and ("--noreload" in argv or find_spec("watchdog") is None):
        return False  # It is Django's own.
    return bool(argv[1:2]) and argv[1] in _WITHOUT_SET_UP


def _obey_default_options(arguments: Sequence[str]) -> None:
    """Obey `--settings` and `--pythonpath`, as Django does, before anything asks for the settings."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    # One without a value: the command itself says so.
    with suppress(ArgumentError):
        options, _ = parser.parse_known_args(list(arguments))
        handle_default_options(options)


def execute_from_command_line(argv: Sequence[str] | None = None) -> None:
    """Run the management command in `argv` (by default, this process's).

    `manage.py` calls this instead of Django's function of the same name. `runserver`, `runworker` and
    `doctor` start without Django's setup, so they also start if the code does not load. A process
    that `dev`
    started exits when `dev` is gone. If the environment is unusable, the process exits with a
    sentence.
    """
    argv = list(argv or sys.argv)
    root = paths.project()
    # PYTHONSAFEPATH leaves it out.
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    lifeline.follow()
    with one_sentence_if_invalid():
        require_settings_module()
        forget_dotenv_copy(root / ".env")
        remember_environment()
        _obey_default_options(argv[2:])
        if _starts_without_set_up(argv) and not other_app.that_brings(argv[1]):
            command = management.load_command_class(_APP, argv[1])
            command.run_from_argv(argv)
        else:
            management.execute_from_command_line(argv)
