"""docs/measurements.md and what is like it: that what they tell to run measures something."""

import json
import subprocess
from pathlib import Path

import pytest

from tests import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "name", "scenario", "median", "saves"),
    [
        ([], "measurements", "save", "median (s)", {"runworker": 2, "hupper": 1}),
        (["web"], "measurements-web", "save", "median (s)", {"runserver": 2, "uvicorn": 1}),
        (
            ["large"],
            "measurements-large",
            "leaf-20",
            "then, median (s)",
            {"runworker": 2, "runserver": 2, "runserver-without": 1},
        ),
        (["stack"], "measurements-stack", "alone", "worker (s)", {"dev": 2}),
    ],
    ids=["worker", "web", "large", "stack"],
)
def test_a_smoke_run(
    tmp_path: Path, what: list[str], name: str, scenario: str, median: str, saves: dict[str, int]
) -> None:
    command = ["./scripts/bench", *what, "--quick", "--output", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)

    parts = json.loads((tmp_path / f"{name}.json").read_text())["parts"]
    results = parts[scenario]["results"]
    assert {runner: len(result["seconds"]) for runner, result in results.items()} == saves
    page = (tmp_path / f"{name}.md").read_text()
    assert all(result["cells"][median] in page for result in results.values())


@pytest.mark.slow
def test_a_smoke_run_of_the_running_site(tmp_path: Path) -> None:
    for what in ("load", "faults"):
        command = ["./scripts/bench", what, "--quick", "--output", str(tmp_path)]
        subprocess.run(command, cwd=ROOT, check=True)

    parts = json.loads((tmp_path / "measurements-load.json").read_text())["parts"]
    assert set(parts) == {"maximum", "costs", "endurance", "beyond"}
    assert parts["maximum"]["remark"] in (tmp_path / "measurements-load.md").read_text()
    faults = json.loads((tmp_path / "measurements-faults.json").read_text())["parts"]["servers"]
    assert all(row["lost"] == row["unfinished"] == "0" for row in faults["rows"].values())
