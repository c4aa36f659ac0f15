"""Runs one generation: a Celery worker (main process and pool) with one state of the code.

It boots, says that it is ready and which tasks it knows, and serves until it is told to retire.
"""

import gc
import logging
import os
import socket
import sys
import warnings
from pathlib import Path

import click
import django
from celery import Celery
from celery.bin.celery import celery as celery_command
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import worker_ready
from django.apps import apps

from .. import after_setup, paths
from ..celery import discovery
from ..celery.internals import (
    call_late_receivers,
    load_configuration,
    make_tasks,
    remember_redis_version,
    set_django_up_once,
    trace_on_demand,
)
from ..reload import collection, messages
from ..reload.channel import Channel
from ..reload.loading import Failure
from ..reload.look_around import look_around_soon
from .beat import Beat
from .options import for_generation, sends_events
from .retire import Retirement

# Seconds in which the web server, which reloads at the same time, begins to run Django's checks.
_FOR_WEB = 0.5


def main(control: int, number: int, arguments: list[str]) -> None:
    """Run generation `number` until it has retired.

    `control` is the descriptor of the channel to the supervisor, `arguments` are options of
    `celery worker`. Ends the process with exit code 1 and a traceback if the code does not load.
    """
    collection.pause()
    remember_redis_version()
    set_django_up_once()
    trace_on_demand()
    channel = Channel(socket.socket(fileno=control))
    # A pool process that held it would keep the supervisor from seeing that we are gone.
    os.register_at_fork(after_in_child=channel.close)
    # Before the project, which may change the current folder.
    folder = paths.run()
    app_name, app = _load_project(folder)
    # Celery collects garbage for each process of its pool, among all that has been imported
    # (https://github.com/celery/celery/issues/2927).
    gc.freeze()
    retirement = Retirement(channel)
    retirement.listen()
    app.steps["consumer"].add(retirement.bootstep())
    app.steps["consumer"].add(Beat.bootstep(retirement, folder))
    worker_ready.connect(lambda **_: _on_ready(channel, app, folder), weak=False)
    if number > 1:
        # Each reload is one line, and the supervisor writes it.
        for name in (
            "celery.apps.worker",
            "celery.worker.consumer.connection",
            "celery.worker.consumer.tasks",
        ):
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


def set_up() -> tuple[str, Celery]:
    """Find the Celery app and set Django up; return the app, after what Celery calls it.

    Raises AppNotFoundError, and whatever the project's own modules raise when they are imported.
    """
    # Celery runs Django's checks twice at each start and drops what they find; see _look_around().
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    found = discovery.find()
    # Once in each process: it also sets logging up, and what the project does about that.
    if not apps.ready:
        with after_setup.putting_off():
            django.setup()
    # Before any task module, whoever imports that: so it is in `celery worker`, too.
    load_configuration(found[1])
    return found


def prepare() -> None:
    """Make the tasks that are known, and what stores results."""
    _, app = discovery.find()
    make_tasks(app)


def _load_project(folder: Path) -> tuple[str, Celery]:
    """Import the Celery app, the settings, the apps and all task modules.

    Returns the app, after what Celery calls it; says what is wrong and exits if something is.
    """
    try:
        name, app = set_up()
        after_setup.catch_up()
        # Not import_default_modules(): the worker would import them all once more.
        app.loader.init_worker()
        call_late_receivers(app)
    except discovery.AppNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - shown; the supervisor goes on.
        failure = Failure.of(error)
        failure.show(folder)
        sys.exit(failure.code)
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


def _on_ready(channel: Channel, app: Celery, folder: Path) -> None:
    tasks = sorted(name for name in app.tasks if not name.startswith("celery."))
    channel.send(messages.Ready(tasks))
    collection.resume()
    # The web server has the views that the checks look at; here they would have to be imported.
    look_around_soon(channel, folder, patience=_FOR_WEB)
