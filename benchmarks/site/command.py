"""The command line of the suites about the running site."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.project import ROOT
from benchmarks.site.load_page import LOAD
from benchmarks.site.page import Page, Record, text
from benchmarks.site.suffering import FAULTS_PAGE

# By the word that one types.
PAGES: dict[str, Page[Any]] = {"load": LOAD, "faults": FAULTS_PAGE}


def run(page: Page[Any], arguments: Sequence[str]) -> None:
    """Measure what was asked for, print each table, and write the page."""
    options = _options(page, arguments)
    if not sys.platform.startswith("linux"):
        sys.exit("This reads /proc and so runs on Linux only; try it in a container.")
    # So that nothing that was started outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    began = time.monotonic()
    file = options.output / f"{page.name}.json"
    record = Record.load(file, describe(page.packages, {}))
    for section in page.sections:
        if section.name in options.only:
            print(f"{section.title}\n{section.about}\n", flush=True)
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                # PostgreSQL's user has to get through.
                Path(folder).chmod(0o711)
                found = section.measure(page.plan(Path(folder), record.parts, options.quick))
            record.parts[section.name] = found
            record.save(file, page)
            print(f"{text(found)}\n", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"Done in {minutes:.1f} minutes; written to {options.output}.")


def _options(page: Page[Any], arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=page.command, description=page.about)
    names = [section.name for section in page.sections]
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        help="measure this section only, and keep what the page says of the others "
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
    options = parser.parse_args(arguments)
    options.only = options.only or (page.quick if options.quick else names)
    folder = ".run/bench" if options.quick else "packages/workshift/docs"
    options.output = options.output or ROOT / folder
    return options
