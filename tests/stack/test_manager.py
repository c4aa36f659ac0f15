"""honcho as `./scripts/dev` runs it: Ctrl-C is answered whatever it is doing."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, Process

MANAGER = ROOT / "django_celery" / "stack" / "manager.py"


def honcho(folder: Path, procfile: str) -> Process:
    """Run the processes of a Procfile with this text."""
    (folder / "Procfile").write_text(procfile)
    return Process(
        [sys.executable, "-P", MANAGER, folder / "Procfile", "8000"],
        folder=folder,
        environment=dict(os.environ),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_prints_stops_all(tmp_path: Path, number: signal.Signals) -> None:
    # Its loop does nothing but print, so nearly every signal meets it there.
    process = honcho(tmp_path, "talk: exec yes talking\nmore: exec yes talking\n")
    process.wait_for("talking")

    process.tell(number)

    assert process.wait() == 128 + number
    assert f"{number.name} received" in process.output


def test_a_signal_before_all_have_started_stops_all(tmp_path: Path) -> None:
    process = honcho(tmp_path, "first: exec sleep 600\nsecond: exec sleep 600\n")
    process.wait_for("started")

    process.tell(signal.SIGINT)

    assert process.wait() == 128 + signal.SIGINT


def test_the_end_of_one_process_ends_all_and_gives_its_code(tmp_path: Path) -> None:
    short = "until [ -e written ]; do sleep 0.05; done; exit 3"
    long = 'echo "on port $PORT"; touch written; exec sleep 600'
    process = honcho(tmp_path, f"short: {short}\nlong: {long}\n")

    assert process.wait() == 3
    assert "on port 8100" in process.output
