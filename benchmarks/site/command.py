"""The command line of the suites about the running site."""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.command_line import add_options, complete, prepare
from benchmarks.machine import describe
from benchmarks.site.load_page import LOAD
from benchmarks.site.page import Page, Record, text
from benchmarks.site.suffering import FAULTS_PAGE

# By the word that one types.
PAGES: dict[str, Page[Any]] = {"load": LOAD, "faults": FAULTS_PAGE}


def run(page: Page[Any], arguments: Sequence[str]) -> None:
    """Measure what was asked for, print each table, and write the page."""
    options = _options(page, arguments)
    prepare()
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
    add_options(parser, "section", names)
    options = parser.parse_args(arguments)
    complete(options, names, page.quick)
    return options
