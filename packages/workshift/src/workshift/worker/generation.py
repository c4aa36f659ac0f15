"""Runs one generation: a Celery worker (main process and pool) with one state of the code.

It boots, says that it is ready and which tasks it knows, and serves until it is told to retire.
"""

import logging
import os
import site
import socket
import sys
import sysconfig
import threading
import traceback
import warnings
from pathlib import Path

import click
import django
from celery import Celery
from celery.bin.celery import celery as celery_command
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import worker_ready
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from .. import paths
from ..celery.internals import remember_redis_version
from ..env import InvalidEnvironment
from ..reload import messages
from ..reload.channel import Channel
from ..reload.migrations import unapplied
from ..reload.pulled import some
from . import celery_app
from .beat import Beat
from .options import for_generation, sends_events
from .retire import Retirement

# Seconds after which a generation that is ready looks at what it has imported: not at once, as
# the first tasks are waiting.
_LEARN_DELAY = 0.5


def main(control: int, number: int, arguments: list[str]) -> None:
    """Run generation `number` until it has retired.

    `control` is the descriptor of the channel to the supervisor, `arguments` are options of
    `celery worker`. Ends the process with exit code 1 and a traceback if the code does not load.
    """
    # Celery runs Django's checks twice at each start and drops what they find; see _look_around().
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    remember_redis_version()
    channel = Channel(socket.socket(fileno=control))
    # A pool process that held it would keep the supervisor from seeing that we are gone.
    os.register_at_fork(after_in_child=channel.close)
    # Before the project, which may change the current folder.
    folder = paths.run()
    app_name, app = _load_project()
    retirement = Retirement(channel)
    retirement.listen()
    app.steps["consumer"].add(retirement.bootstep())
    app.steps["consumer"].add(Beat.bootstep(retirement, folder))
    worker_ready.connect(lambda **_: _on_ready(channel, app), weak=False)
    if number > 1:
        # Each reload is one line, and the supervisor writes it.
        for name in ("celery.apps.worker", "celery.worker.consumer.connection"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # That this pool has no beat has been said by the first generation.
        logging.getLogger(Beat.__module__).setLevel(logging.ERROR)
        # That the worker runs as root, and that a setting is missing, too.
        warnings.simplefilter("ignore", SecurityWarning)
        warnings.simplefilter("ignore", CPendingDeprecationWarning)
    # It is for workers of production: runworker writes one only if it is asked to.
    app.conf.worker_pidfile = None
    command = [] if number == 1 else ["--quiet"]
    command += ["--app", app_name, "worker", *_worker_options(number, arguments, app)]
    try:
        code = celery_command.main(command, prog_name="celery", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        channel.send(messages.Unusable(error.exit_code))
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        code = error.exit_code
    sys.exit(code)


def _load_project() -> tuple[str, Celery]:
    """Import the Celery app, the settings, the apps and all task modules.

    Returns the app, after what Celery calls it; says what is wrong and exits if something is.
    """
    try:
        name, app = celery_app.find()
        django.setup()
        app.loader.import_default_modules()
    except celery_app.AppNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except ImproperlyConfigured as error:
        if settings.configured:
            traceback.print_exception(error)
        else:
            # It is in the settings or in what they are read from, and has been written to be read.
            print(error, file=sys.stderr)
        sys.exit(1)
    except SystemExit as error:
        if isinstance(error.__context__, InvalidEnvironment):
            raise
        traceback.print_exc()
        print(f"A module of the project called sys.exit({error.code!r}).", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        # A port or a lock that a module takes when it is imported may be the last generation's.
        traceback.print_exception(error)
        sys.exit(os.EX_TEMPFAIL)
    except Exception as error:  # noqa: BLE001 - printed whole; the supervisor goes on.
        traceback.print_exception(error)
        sys.exit(1)
    return name, app


def _worker_options(number: int, arguments: list[str], app: Celery) -> list[str]:
    """Add what a reload needs to the user's own options of `celery worker`.

    Mingle waits a second for the answers of other workers, and gossip tells them of this one: both
    are for clusters, and cost time at each start. Heartbeats are for monitors, which need `-E`,
    too. Two generations are alive at once, and of every `runworker` of this machine: remote control
    needs all of them to have different names.
    """
    hostname = f"generation-{number}.{os.environ['RUNWORKER_PID']}@%h"
    options = ["--without-mingle", "--without-gossip", "--hostname", hostname]
    if not sends_events(arguments, app.conf):
        options.append("--without-heartbeat")
    # Last, as of an option that is given twice the last one counts.
    return [*options, *for_generation(number, arguments, more=app.user_options["worker"])]


def _on_ready(channel: Channel, app: Celery) -> None:
    tasks = sorted(name for name in app.tasks if not name.startswith("celery."))
    channel.send(messages.Ready(tasks))
    timer = threading.Timer(_LEARN_DELAY, _look_around, [channel])
    timer.daemon = True
    timer.start()


def _look_around(channel: Channel) -> None:
    """Tell the supervisor what the zygote should import, and which folders hold project code.

    Then look for migrations that are not applied, and run Django's checks: what they find does not
    keep the worker from running, but is shown.
    """
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    origins = {spec.name: spec.origin for spec in specs if spec and spec.name != "__main__"}
    foreign = {name: origin for name, origin in origins.items() if _is_foreign(origin)}
    own = {name: origin for name, origin in origins.items() if origin and name not in foreign}
    channel.send_unless_closed(
        messages.Loaded(
            foreign=foreign,
            own=list(own),
            folders=sorted({str(Path(origin).parent) for origin in own.values()}),
        )
    )
    names = unapplied()
    notice = f"Not applied to the database: {some(names)}. Run `python manage.py migrate`."
    channel.send_unless_closed(messages.Noticed([notice] if names else []))
    for message in _checks():
        print(message, file=sys.stderr, flush=True)


def _checks() -> list[object]:
    """Return what Django's checks find, or the error that keeps them from looking, in one line."""
    try:
        return [one for one in run_checks() if one.is_serious() and not one.is_silenced()]
    except Exception as error:  # noqa: BLE001 - views that do not load; the web process shows them.
        line = "".join(traceback.format_exception_only(error)).strip().splitlines()
        return [f"Django's checks could not look at the project: {line[-1]} ({line[0].strip()})"]


_FOREIGN_FOLDERS = tuple(
    os.path.join(folder, "")  # noqa: PTH118 - the trailing separator is the point.
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
        # This library, installed in a way that leaves it where it is.
        str(Path(__file__).parent.parent),
    }
)


def _is_foreign(origin: str | None) -> bool:
    """Tell whether a module from this file is the standard library's or an installed package's."""
    if origin is None or not origin.endswith((".py", ".so", ".pyd", ".pyc")):
        return True
    return origin.startswith(_FOREIGN_FOLDERS)
