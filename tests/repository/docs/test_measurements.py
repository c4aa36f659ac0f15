"""docs/measurements.md: that what it tells to run measures something."""

import json
import subprocess
from pathlib import Path

import pytest

from tests import ROOT


@pytest.mark.slow
def test_a_smoke_run(tmp_path: Path) -> None:
    subprocess.run(["./scripts/bench", "--quick", "--output", str(tmp_path)], cwd=ROOT, check=True)

    parts = json.loads((tmp_path / "measurements.json").read_text())["parts"]
    results = parts["save"]["results"]
    assert {name: len(result["seconds"]) for name, result in results.items()} == {
        "runworker": 2,
        "hupper": 1,
    }
    page = (tmp_path / "measurements.md").read_text()
    assert all(result["cells"]["median (s)"] in page for result in results.values())
