"""A project's command line: Django's, but `runworker` and `doctor` start even if code is broken."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from django.conf import settings
from django.core import management

from .. import paths
from ..dev import lifeline
from ..env import forget_dotenv_copy, one_sentence_if_invalid, require_settings_module

_APP = __name__.partition(".")[0]

# The worker waits for the save that fixes the code; the doctor says what is wrong with it.
_WITHOUT_SET_UP = frozenset({"doctor", "runceleryworker", "runworker"})


def _is_of_channels(name: str) -> bool:
    """Tell whether this is Django Channels' command, because its app comes before ours."""
    if name != "runworker" or find_spec("channels") is None:
        return False
    try:
        packages = [entry.partition(".")[0] for entry in settings.INSTALLED_APPS]
    except Exception:  # noqa: BLE001 - broken settings, which our command can handle.
        return False
    return next((name for name in packages if name in {_APP, "channels"}), _APP) == "channels"


def execute_from_command_line(argv: Sequence[str] | None = None) -> None:
    """Run the management command in `argv` (by default, this process's).

    `manage.py` calls this instead of Django's function of the same name. `runworker` and `doctor`
    start without Django's setup, so they also start if the code does not load. A process that `dev`
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
        if argv[1:2] and argv[1] in _WITHOUT_SET_UP and not _is_of_channels(argv[1]):
            command = management.load_command_class(_APP, argv[1])
            command.run_from_argv(argv)
        else:
            management.execute_from_command_line(argv)
