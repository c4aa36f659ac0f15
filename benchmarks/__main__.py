"""Measures the reload of worker, web process, large projects or whole stack, and alternatives."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import chart, command_line, report
from benchmarks.figures import Result
from benchmarks.large.suite import LARGE
from benchmarks.machine import describe, load_average
from benchmarks.plan import Counts, Scenario
from benchmarks.record import Part, Record
from benchmarks.runners import Runner
from benchmarks.site.command import PAGES, run
from benchmarks.stack.suite import STACK
from benchmarks.started import DoesNotStartError
from benchmarks.suite import Suite
from benchmarks.web.suite import WEB
from benchmarks.worker import WORKER


def main() -> None:
    """Measure what was asked for, print each table, and write the page and the chart."""
    match sys.argv[1:]:
        case ["web", *arguments]:
            _run(WEB, arguments)
        case ["large", *arguments]:
            _run(LARGE, arguments)
        case ["stack", *arguments]:
            _run(STACK, arguments)
        case [word, *arguments] if word in PAGES:
            run(PAGES[word], arguments)
        case arguments:
            _run(WORKER, arguments)


def _run(suite: Suite[Any], arguments: list[str]) -> None:
    options = _options(suite, arguments)
    command_line.prepare()
    began = time.monotonic()
    counts = Counts(options.saves, options.slow_saves, 3 if options.quick else 20)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        suite.shared(Path(folder), counts) as (plan, further),
    ):
        file = options.output / f"{suite.page}.json"
        record = Record.load(file, describe(suite.packages, further))
        for scenario in suite.scenarios:
            if scenario.name in options.only:
                record.parts[scenario.name] = _measure(suite, scenario, plan, options.runner)
                options.output.mkdir(parents=True, exist_ok=True)
                record.save(file)
                file.with_suffix(".md").write_text(report.markdown(suite, record))
                _draw(options.output)
    minutes = (time.monotonic() - began) / 60
    print(f"Done in {minutes:.1f} minutes; written to {options.output}.")


def _draw(folder: Path) -> None:
    """Draw what is known of both: each run leaves the other's figures as they are."""
    known = [
        (suite.runners, Record.read(file))
        for suite in (WORKER, WEB)
        if (file := folder / f"{suite.page}.json").exists()
    ]
    (folder / "measurements.svg").write_text(chart.svg(known))


def _measure[P](suite: Suite[P], scenario: Scenario[P], plan: P, names: list[str]) -> Part:
    """Take each runner through `scenario` and print the table."""
    began = time.monotonic()
    part = Part(time.strftime("%Y-%m-%d %H:%M %Z"), load_average())
    print(f"{scenario.title}\n{scenario.about}\n", flush=True)
    for runner in suite.runners:
        if runner.name in scenario.runners and runner.name in names:
            print(f"    {runner.title} …", file=sys.stderr, flush=True)
            part.results[runner.name] = _result(scenario, plan, runner)
    print(report.text(suite, part))
    print(f"({time.monotonic() - began:.0f} s)\n", flush=True)
    return part


def _result[P](scenario: Scenario[P], plan: P, runner: Runner) -> Result:
    try:
        return scenario.measure(plan, runner)
    except DoesNotStartError as error:
        print(error, file=sys.stderr)
        return Result({"median (s)": "does not start"})


def _options(suite: Suite[Any], arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=suite.command,
        description=__doc__,
        epilog="`./scripts/bench` measures the worker, `./scripts/bench web` the web process, "
        "`./scripts/bench large` both in large projects, `./scripts/bench stack` both at once, "
        "`./scripts/bench load` the running site.",
    )
    names = [scenario.name for scenario in suite.scenarios]
    runners = [runner.name for runner in suite.runners]
    command_line.add_options(parser, "scenario", names)
    parser.add_argument(
        "--runner",
        action="append",
        choices=runners,
        help="measure this runner only (may be given more than once)",
    )
    parser.add_argument(
        "--saves", type=int, metavar="N", help="how often to save for ours (default: 20)"
    )
    parser.add_argument(
        "--slow-saves",
        type=int,
        metavar="N",
        help="how often at most for the others, each of which takes seconds (default: 5)",
    )
    options = parser.parse_args(arguments)
    quick = options.quick
    command_line.complete(options, names, suite.quick_scenarios)
    options.runner = options.runner or (suite.quick_runners if quick else runners)
    options.saves = options.saves or (2 if quick else 20)
    options.slow_saves = options.slow_saves or (1 if quick else 5)
    return options


if __name__ == "__main__":
    main()
