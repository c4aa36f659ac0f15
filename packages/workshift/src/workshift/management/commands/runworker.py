"""`python manage.py runworker`: a Celery worker that runs edited code as soon as it is saved."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from celery.platforms import LockFailed, create_pidlock
from celery.utils.nodenames import default_nodename, host_format, node_format
from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser, handle_default_options

from ... import paths
from ...celery import discovery
from ...celery.internals import limits
from ...private import make_run_folder
from ...reload import stopping
from ...reload.arguments import add_arguments as add_reload_arguments
from ...reload.kind import Kind
from ...reload.launcher import path_of_generations, python
from ...reload.report import Report
from .. import other_app
from ..extra import only_for_development

with only_for_development():
    from ...reload import command

# gevent and eventlet replace parts of the standard library, which must come before all imports.
_BEFORE_IMPORTS = "import celery\ncelery.maybe_patch_concurrency(sys.argv)"


class Command(BaseCommand):
    """Starts the supervisor with the given options."""

    help = (
        "Starts a Celery worker and replaces it with a new one whenever the code changes. "
        "Options that are not listed here are passed to `celery worker`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the reload's options; all others are Celery's."""
        parser.add_argument(
            "-A",
            "--app",
            help="the Celery app, as for `celery --app`; by default that of the package that "
            "contains the Django settings",
        )
        parser.add_argument("--noreload", action="store_true", help="run one worker, watch nothing")
        add_reload_arguments(parser, what="tasks")
        # Django's own, which must be handled before all others.
        parser.add_argument("--settings", help="the Django settings, such as mysite.settings")
        parser.add_argument("--pythonpath", help="a folder to import from, besides the others")

    def run_from_argv(self, argv: list[str]) -> None:
        """Take our own options out of `argv` and pass the rest, in order, to Celery."""
        parser = CommandParser(
            prog=f"{Path(argv[0]).name} {argv[1]}", description=self.help, allow_abbrev=False
        )
        self.add_arguments(parser)
        options, arguments = parser.parse_known_args(argv[2:])
        handle_default_options(options)
        self.execute(**vars(options), arguments=arguments)

    def execute(self, *args: Any, **options: Any) -> None:
        """Run without Django's setup and checks: each generation does both."""
        self.handle(*args, **options)

    def handle(self, *_: Any, arguments: Sequence[str] = (), **options: Any) -> None:
        """Run a worker with Celery's `arguments` until told to stop."""
        arguments = list(arguments)
        if options["app"]:
            os.environ[discovery.VARIABLE] = options["app"]
        if options["noreload"]:
            _become_plain_worker(arguments)
        # Imported here because it takes a moment, and `--noreload` does not need it.
        from ...worker.options import read_or_exit  # noqa: PLC0415

        celery_options = read_or_exit(arguments)
        if pidfile := celery_options.get("pidfile"):
            _write_pid(pidfile, celery_options.get("hostname"))
        pool = celery_options.get("pool", "prefork")
        sys.exit(_supervise(arguments, pool, argparse.Namespace(**options)))


def _become_plain_worker(arguments: list[str]) -> NoReturn:
    """Replace this process with `celery worker`, or exit with a sentence if there is no app."""
    root = paths.project()
    os.chdir(root)
    # Including what manage.py has added.
    sys.path[:] = path_of_generations(root)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        app, _ = discovery.find()
    except discovery.AppNotFoundError as error:
        sys.exit(str(error))
    command = [*python(), "-m", "celery", "--app", app, "worker"]
    os.execv(sys.executable, [*command, *arguments])  # noqa: S606 - no shell is wanted.


def _write_pid(pidfile: str, hostname: str | None) -> None:
    """Hold the file until this process ends; exit with a sentence if another process holds it."""
    path = node_format(pidfile, host_format(default_nodename(hostname or "")))
    try:
        create_pidlock(path)
    except LockFailed as error:
        sys.exit(f"The pid file cannot be written: {error}")


def _supervise(arguments: list[str], pool: str, options: argparse.Namespace) -> int:
    # Part of the names of its generations.
    os.environ["RUNWORKER_PID"] = str(os.getpid())
    report = Report(paths.project(), verbose=options.verbose)
    # Without the folder the worker still runs, and the beat says what is missing.
    with contextlib.suppress(OSError):
        make_run_folder()
    _say_what_is_there_to_know(report)
    if "HONCHO_PROCESS_NAME" in os.environ and options.grace > stopping.longest_that_fits():
        report.killed_before_the_end(options.grace)
    return command.supervise(
        Kind(
            module="workshift.worker.generation",
            arguments=arguments,
            argv=["celery", "worker", *arguments],
            before_imports=_BEFORE_IMPORTS,
        ),
        report,
        options,
        fresh=options.no_preload or pool in {"gevent", "eventlet"},
        # In its own group, a whole pool can be killed. A worker without a pool stays in the
        # terminal's group, so a debugger in a task can read the keyboard.
        own_group=not (sys.stdin is not None and sys.stdin.isatty() and pool == "solo"),
    )


def _say_what_is_there_to_know(report: Report) -> None:
    report.limits(limits())
    # Without our line in manage.py, Django has already loaded the project.
    hint = paths.run() / "manage.hint"
    if apps.ready and not hint.exists():
        with contextlib.suppress(OSError):
            hint.touch()
        report.hint_at_manage()
    if "channels" in other_app.installed():
        report.channels_too()
