"""Looks, in a generation that serves, at what it has imported and at what is to be done by hand."""

import sys
import threading
import time
import traceback
from pathlib import Path

from django.core.checks import run_checks

from . import messages
from .channel import Channel
from .migrations import unapplied
from .own_code import modules
from .pulled import some
from .terminal_of_stack import is_mine_to_say

# Seconds after which a generation that is ready looks: not at once, as the first tasks or requests
# are waiting.
_DELAY = 0.5


def look_around_soon(
    channel: Channel, run_folder: Path, *, checks: bool = True, patience: float = 0.0
) -> None:
    """Look in a thread, in a moment, and tell the supervisor what was found.

    What is told: which modules the zygote should import, which folders hold project code, which
    migrations are not applied. What Django's `checks` find does not keep the generation from
    serving, but is printed. `run_folder` is the project's `.run`. Another process of the stack gets
    `patience` seconds to run the checks in our place.
    """
    booted = len(sys.modules)
    timer = threading.Timer(_DELAY, _look_around, [channel, run_folder, booted, checks, patience])
    timer.daemon = True
    timer.start()


def _look_around(
    channel: Channel,
    run_folder: Path,
    booted: int,
    checks: bool,  # noqa: FBT001
    patience: float,
) -> None:
    loaded = list(sys.modules)
    foreign, own = modules(loaded)
    channel.send_unless_closed(
        messages.Loaded(
            foreign=foreign,
            own=own,
            booted=len(own.keys() & set(loaded[:booted])),
            folders=sorted({str(Path(file).parent) for file in own.values()}),
        )
    )
    names = unapplied()
    notice = f"Not applied to the database: {some(names)}. Run `python manage.py migrate`."
    channel.send_unless_closed(messages.Noticed([notice] if names else []))
    if not checks:
        return
    time.sleep(patience)
    if not is_mine_to_say("what Django's checks find", run_folder):
        return
    for message in _checks():
        if is_mine_to_say(str(message), run_folder):
            print(message, file=sys.stderr, flush=True)


def _checks() -> list[object]:
    """Return what Django's checks find, or the error that keeps them from looking, in one line."""
    try:
        return [one for one in run_checks() if one.is_serious() and not one.is_silenced()]
    except Exception as error:  # noqa: BLE001 - views that do not load; the web process shows them.
        line = "".join(traceback.format_exception_only(error)).strip().splitlines()
        return [f"Django's checks could not look at the project: {line[-1]} ({line[0].strip()})"]
