"""Runs a command that reloads, whatever kind of generations it has."""

import argparse
import asyncio
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from .. import paths
from ..env import without_dotenv
from .events import Event
from .filters import FileFilter
from .kind import Kind
from .launcher import FreshLauncher, ZygoteLauncher
from .report import Report
from .supervisor import Supervisor
from .watcher import Watcher


def supervise(
    kind: Kind,
    report: Report,
    options: argparse.Namespace,
    *,
    fresh: bool,
    own_group: bool,
    more_suffixes: Iterable[str] = (),
) -> int:
    """Run generations of `kind` until the command is told to stop; return the exit code.

    `options` are those of `arguments.py`. `fresh` generations are not forked from the zygote.
    With `own_group` each leads a process group, so that all its processes can be killed.
    `more_suffixes` are those of files that count besides code.
    """
    root = paths.project()
    queue: asyncio.Queue[Event] = asyncio.Queue()
    launcher = (FreshLauncher if fresh else ZygoteLauncher)(
        kind=kind,
        directory=root,
        environment=without_dotenv(root / ".env"),
        post=queue.put_nowait,
        own_group=own_group,
    )
    file_filter = FileFilter(
        root,
        extra=options.watch,
        ignore=options.ignore,
        ignored_folders=_generated_folders(),
        more_suffixes=more_suffixes,
    )
    watcher = Watcher(
        file_filter,
        queue.put_nowait,
        report,
        packages=Path(sysconfig.get_path("purelib")),
        poll=options.poll,
    )
    supervisor = Supervisor(root, queue, launcher, watcher, report, grace=options.grace)
    return asyncio.run(supervisor.run())


def _generated_folders() -> list[Path]:
    """Return the folders of collected static files and of uploads."""
    try:
        return [Path(folder) for folder in (settings.STATIC_ROOT, settings.MEDIA_ROOT) if folder]
    except (Exception, SystemExit):  # noqa: BLE001 - the first generation shows what is wrong.
        return []
