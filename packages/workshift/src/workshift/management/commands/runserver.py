"""`python manage.py runserver`: Django's development server, with edited code live at once."""

import argparse
import contextlib
import dataclasses
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.staticfiles.management.commands.runserver import Command as DjangoCommand
from django.core import management
from django.core.management.base import CommandParser, handle_default_options
from django.utils import autoreload

from ... import paths
from ...private import make_run_folder
from ...reload.arguments import add_arguments as add_reload_arguments
from ...reload.filters import CONTENT_FOLDERS
from ...reload.kind import Kind
from ...web import address
from ...web.generation import Options
from ...web.report import WebReport
from ...web.sockets import Sockets
from .. import other_app

try:
    from ...reload.command import supervise
except ModuleNotFoundError as error:
    # Only development installs what watches files. Without it, the command is Django's own.
    if error.name != "watchdog":
        raise
    supervise = None  # type: ignore[assignment]

# Files that a page shows and no Python code reads: Django serves them anew each time.
_ASSETS = frozenset(
    {".avif", ".css", ".gif", ".ico", ".jpeg", ".jpg", ".js", ".mjs", ".png", ".svg"}
    | {".ttf", ".webp", ".woff", ".woff2"}
)


class Command(DjangoCommand):
    """Starts the supervisor with Django's options and those of the reload."""

    help = (
        "Starts Django's development server on a socket that stays open, and hands over to a new "
        "process whenever the code changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare Django's options and those of the reload."""
        super().add_arguments(parser)
        add_reload_arguments(parser, what="requests")

    def run_from_argv(self, argv: list[str]) -> None:
        """Run without Django's setup and checks: each generation does both."""
        if app := other_app.that_brings("runserver"):
            print(f"runserver is that of {app}, which is in INSTALLED_APPS.", flush=True)
            management.load_command_class(app, "runserver").run_from_argv(argv)
            return
        parser = self.create_parser(argv[0], argv[1])
        options = parser.parse_args(argv[2:])
        handle_default_options(options)
        if options.use_reloader and supervise is not None:
            sys.exit(self._supervise(options))
        if options.use_reloader and autoreload.DJANGO_AUTORELOAD_ENV not in os.environ:
            print(
                "watchdog is not installed, so Django's own reloader runs. For the faster one, run "
                '`python -m pip install "workshift[dev]"`.'
            )
        super().run_from_argv(argv)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        """Return Django's handler; it serves static files if the app for them is installed."""
        if not apps.is_installed("django.contrib.staticfiles"):
            options["use_static_handler"] = False
        return super().get_handler(*args, **options)

    def _supervise(self, options: argparse.Namespace) -> int:
        if options.no_color:
            os.environ["DJANGO_COLORS"] = "nocolor"
        root = paths.project()
        try:
            where = address.parse(options.addrport, use_ipv6=options.use_ipv6)
            sockets = Sockets.around(address.listen(where))
        except management.CommandError as error:
            self.stderr.write(str(error))
            return 1
        # 0 was any free one.
        where = dataclasses.replace(where, port=sockets.listening.getsockname()[1])
        report = WebReport(root, where, verbose=options.verbose)
        written = Options(
            host=where.host,
            port=where.port,
            descriptors=sockets.descriptors,
            threads=options.use_threading,
            static_files=options.use_static_handler,
            insecure=options.insecure_serving,
            checks=not options.skip_checks,
            grace=options.grace,
            run=uuid.uuid4().hex,
        ).written()
        kind = Kind(
            module="workshift.web.generation",
            arguments=[written],
            # Generations run in the project's folder.
            argv=[os.path.abspath(sys.argv[0]), *sys.argv[1:]],  # noqa: PTH100 - not resolved.
            descriptors=tuple(sockets.descriptors),
            answers_when_broken=True,
            reads_anew=is_asset,
        )
        # Without the folder the site still runs.
        with contextlib.suppress(OSError):
            make_run_folder()
        report.introduce()
        return supervise(
            kind,
            report,
            options,
            fresh=options.no_preload,
            # In the terminal's group, a debugger in a view can read the keyboard.
            own_group=not (sys.stdin is not None and sys.stdin.isatty()),
            more_suffixes=_ASSETS,
        )


def is_asset(path: Path) -> bool:
    """Tell whether the file at `path` is served as it is, and read anew for each request."""
    # A template's name may end like theirs, and a template is kept once it is loaded.
    return path.suffix in _ASSETS and CONTENT_FOLDERS.isdisjoint(path.parts)
