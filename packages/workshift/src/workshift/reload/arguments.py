"""Declares the options that the commands which reload have in common."""

import argparse
from pathlib import Path

from django.core.management.base import CommandParser

from . import stopping


def add_arguments(parser: CommandParser, *, what: str) -> None:
    """Declare the options of the reload; `what` a generation finishes are tasks, or requests."""
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=stopping.GRACE,
        metavar="SECONDS",
        help=f"how long running {what} may continue when the command is stopped "
        f"(default: {stopping.GRACE:g})",
    )
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="also watch this file or folder (may be repeated)",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="PATTERN",
        help="do not watch what matches, for example 'legacy/*' (may be repeated)",
    )
    parser.add_argument(
        "--poll",
        action="store_true",
        help="check the files twice a second, for file systems that send no events",
    )
    parser.add_argument(
        "--no-preload",
        action="store_true",
        help="start each generation as a fresh process, for libraries that do not survive a fork",
    )
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="also say which installed modules are not preloaded, and why, which snapshots there "
        "are, and what each generation was forked from",
    )


def _seconds(text: str) -> float:
    try:
        return stopping.seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more") from None
