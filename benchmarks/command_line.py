"""What the command lines of all suites have in common."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.project import ROOT


def prepare() -> None:
    """Make sure that we can measure here, and that we clean up however we end.

    Raises SystemExit where we cannot.
    """
    if not sys.platform.startswith("linux"):
        sys.exit("This reads /proc and so runs on Linux only; try it in a container.")
    # So that nothing that was started outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))


def add_options(parser: argparse.ArgumentParser, what: str, names: Sequence[str]) -> None:
    """Add the options that choose among the parts of a page, each of which is a `what`."""
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        help=f"measure this {what} only, and keep what the page says of the others "
        "(may be given more than once)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run: less of everything, about a minute"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the page goes (default: packages/workshift/docs, with --quick .run/bench)",
    )


def complete(options: argparse.Namespace, names: Sequence[str], quick: Sequence[str]) -> None:
    """Fill in what was not given: `quick` are the parts of a smoke run."""
    options.only = options.only or (quick if options.quick else names)
    folder = ".run/bench" if options.quick else "packages/workshift/docs"
    options.output = options.output or ROOT / folder
