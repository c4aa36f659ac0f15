"""Measures the reload and the alternatives to it: ./scripts/bench --help"""

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from workshift.testing.processes import RedisServer, free_port

from benchmarks import chart, report
from benchmarks.figures import Result
from benchmarks.machine import describe, load_average, redis_program
from benchmarks.plan import Plan, Scenario
from benchmarks.project import ROOT, Template
from benchmarks.record import Part, Record
from benchmarks.runners import RUNNERS, Runner
from benchmarks.running import DoesNotStartError
from benchmarks.scenarios import SCENARIOS

# Enough of everything to see that it works.
_QUICK_SCENARIOS = ("save", "mend", "load")
_QUICK_RUNNERS = ("runworker", "hupper")


def main() -> None:
    """Measure what was asked for, print each table, and write the page and the chart."""
    options = _options()
    if not sys.platform.startswith("linux"):
        sys.exit("This reads /proc and so runs on Linux only; try it in a container.")
    # So that nothing that was started outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    began = time.monotonic()
    with _shared(options) as plan:
        file = options.output / "measurements.json"
        record = Record.load(file, describe(plan.redis))
        for scenario in SCENARIOS:
            if scenario.name in options.only:
                record.parts[scenario.name] = _measure(scenario, plan, options.runner)
                options.output.mkdir(parents=True, exist_ok=True)
                record.save(file)
                (options.output / "measurements.md").write_text(report.markdown(record))
                (options.output / "measurements.svg").write_text(chart.svg(record))
    minutes = (time.monotonic() - began) / 60
    print(f"Done in {minutes:.1f} minutes; written to {options.output}.")


def _measure(scenario: Scenario, plan: Plan, names: list[str]) -> Part:
    """Take each runner through `scenario` and print the table."""
    began = time.monotonic()
    part = Part(time.strftime("%Y-%m-%d %H:%M %Z"), load_average())
    print(f"{scenario.title}\n{scenario.about}\n", flush=True)
    for runner in RUNNERS:
        if runner.name in scenario.runners and runner.name in names:
            print(f"    {runner.title} …", file=sys.stderr, flush=True)
            part.results[runner.name] = _result(scenario, plan, runner)
    print(report.text(part))
    print(f"({time.monotonic() - began:.0f} s)\n", flush=True)
    return part


def _result(scenario: Scenario, plan: Plan, runner: Runner) -> Result:
    try:
        return scenario.measure(plan, runner)
    except DoesNotStartError as error:
        print(error, file=sys.stderr)
        return Result({"median (s)": "does not start"})


@contextlib.contextmanager
def _shared(options: argparse.Namespace) -> Iterator[Plan]:
    """Run a Redis and set up a project, for the length of a `with` block."""
    program = redis_program()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        redis = RedisServer.of(program, free_port(), Path(name))
        redis.start()
        try:
            template = Template(Path(name) / "template", redis.url)
            idle = 3 if options.quick else 20
            yield Plan(redis, template, options.saves, options.slow_saves, idle)
        finally:
            redis.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    runners = [runner.name for runner in RUNNERS]
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        help="measure this scenario only, and keep what the page says of the others "
        "(may be given more than once)",
    )
    parser.add_argument(
        "--runner",
        action="append",
        choices=runners,
        help="measure this runner only (may be given more than once)",
    )
    parser.add_argument(
        "--saves", type=int, metavar="N", help="how often to save for runworker (default: 20)"
    )
    parser.add_argument(
        "--slow-saves",
        type=int,
        metavar="N",
        help="how often at most for the others, each of which takes seconds (default: 5)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run: few saves, few runners, about a minute"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the page and the chart go (default: docs, with --quick .run/bench)",
    )
    options = parser.parse_args()
    quick = options.quick
    options.only = options.only or (_QUICK_SCENARIOS if quick else names)
    options.runner = options.runner or (_QUICK_RUNNERS if quick else runners)
    options.saves = options.saves or (2 if quick else 20)
    options.slow_saves = options.slow_saves or (1 if quick else 5)
    options.output = options.output or ROOT / (".run/bench" if quick else "packages/workshift/docs")
    return options


if __name__ == "__main__":
    main()
