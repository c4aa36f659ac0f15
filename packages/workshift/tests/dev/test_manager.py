"""honcho as `./scripts/dev` runs it: Ctrl-C is answered whatever it is doing."""

import os
import signal
import sys
from pathlib import Path

import pytest

from workshift.dev import manager
from workshift.testing.processes import Process, free_port

MANAGER = Path(manager.__file__)


def honcho(folder: Path, procfile: str, port: int = 8000) -> Process:
    """Run the processes of a Procfile with this text."""
    (folder / "Procfile").write_text(procfile)
    return Process(
        [sys.executable, "-P", MANAGER, folder / "Procfile", str(port), f"http://localhost:{port}"],
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


@pytest.mark.parametrize("last", ["web", "worker"])
def test_the_address_is_the_last_thing_said_once_web_and_worker_are_ready(
    tmp_path: Path, last: str
) -> None:
    port = free_port()
    wait = "until [ -e go ]; do sleep 0.05; done; "
    web = f'exec "{sys.executable}" -um http.server --bind 127.0.0.1 $PORT'
    worker = "echo Generation 1 is ready after 0.10 s.; echo talks on; exec sleep 600"
    process = honcho(
        tmp_path,
        f"web: {wait if last == 'web' else ''}{web}\n"
        f"worker: {wait if last == 'worker' else ''}{worker}\n",
        port,
    )
    process.wait_for("Serving HTTP" if last == "worker" else "talks on")
    assert "Open http" not in process.output

    (tmp_path / "go").touch()

    process.wait_for(f"Open http://localhost:{port}\n")
    process.wait_for("talks on")
    assert process.output.endswith(f"Everything is running. Open http://localhost:{port}\n")
    process.tell(signal.SIGINT)
    process.wait()
    assert process.output.count("Open http") == 1


def test_who_asks_for_no_port_of_its_own_knows_that_of_the_site(tmp_path: Path) -> None:
    show = "import os; print('on port', os.environ['PORT'])"
    (tmp_path / "show.py").write_text(show)
    process = honcho(
        tmp_path,
        "web: exec sleep 600\n"
        f"worker: {sys.executable} show.py; exec sleep 600\n"
        f"other: echo other ${{PORT}}; exec sleep 600\n",
    )

    process.wait_for("on port 8000")
    process.wait_for("other 8200")
    process.tell(signal.SIGTERM)
    process.wait()
