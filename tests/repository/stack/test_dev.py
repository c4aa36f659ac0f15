"""`./scripts/dev`: what is said before it starts, and that nothing of it is left when it ends."""

import os
import signal
import socket
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from workshift.testing.processes import DEADLINE, eventually

from tests.repository.stack.clone import Clone, Stack, running


@pytest.mark.parametrize("name", ["web.1", "worker.1", "redis.1"])
def test_the_death_of_one_process_ends_all(clone: Clone, with_redis: str, name: str) -> None:
    with running(clone, PATH=with_redis) as stack:
        process = next(
            process
            for process in clone.processes()
            if process.environ().get("HONCHO_PROCESS_NAME") == name
            and process.pid == os.getsid(process.pid)
        )

        process.kill()

        assert stack.wait() != 0
        stack.leaves_nothing()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_nothing_outlives_a_honcho_that_is_killed_or_whose_terminal_is_closed(
    clone: Clone, with_redis: str, number: signal.Signals
) -> None:
    if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("Whoever started the tests, such as nohup, has them ignore this signal.")
    with running(clone, PATH=with_redis) as stack:
        stack.tell(number)

        assert stack.wait() == -number
        stack.leaves_nothing()


def test_a_reader_that_goes_away_ends_all(clone: Clone, with_redis: str) -> None:
    stack = Stack(clone, ["/bin/sh", "-c", "scripts/dev | head -n 12"], PATH=with_redis)

    stack.wait()

    stack.leaves_nothing()


def test_debug_that_is_off_is_no_riddle(clone: Clone, with_redis: str) -> None:
    stack = Stack(clone, PATH=with_redis, DEBUG="off", ALLOWED_HOSTS="localhost")

    stack.wait_for("DEBUG is off, as in production")
    stack.wait_for("Generation 1 is ready")
    stack.interrupt()


def test_a_taken_port_is_named_before_anything_starts(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        stack = Stack(clone, PORT=str(port))

        assert stack.wait() == 1
    assert f"Port {port} is already taken by process {os.getpid()}" in stack.output
    assert "./scripts/dev" in stack.output
    assert "started" not in stack.output


def test_a_port_that_is_none_is_named_before_anything_starts(clone: Clone) -> None:
    stack = Stack(clone, PORT="web")

    assert stack.wait() == 1
    assert stack.output.startswith("PORT must be a port")
    assert stack.output.count("\n") == 1


def test_a_database_that_cannot_be_used_leads_to_the_doctor(clone: Clone, tmp_path: Path) -> None:
    stack = Stack(clone, DATABASE_URL=f"sqlite:///{tmp_path}/missing/db.sqlite3")

    assert stack.wait() == 1
    assert "The database in DATABASE_URL cannot be used" in stack.output
    assert stack.output.endswith(". `python manage.py doctor` says what to do.\n")
    assert "Traceback" not in stack.output


def test_a_second_start_while_it_runs_says_how_to_stop_the_first(clone: Clone) -> None:
    with running(clone) as stack:
        second = Stack(clone)

        assert second.wait() == 1
        assert f"is already running (process {stack.pid})" in second.output
        assert stack.interrupt() == 128 + signal.SIGINT


def test_a_typo_is_shown_once_stops_nothing_and_both_have_the_fix(
    clone: Clone, with_redis: str
) -> None:
    settings = clone.folder / "django_celery/settings.py"
    whole = settings.read_text()
    with running(clone, PATH=with_redis) as stack:
        settings.write_text(f"{whole}\nno_such_name\n")

        for name in ("web", "worker"):
            eventually(lambda name=name: said(stack, name, "The code does not load"))  # type: ignore[misc]
        with pytest.raises(HTTPError) as error:
            urlopen(f"http://localhost:{stack.port}/", timeout=DEADLINE)
        assert error.value.code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert b"no_such_name" in error.value.read()
        assert stack.output.count("Traceback (most recent call last)") == 1

        settings.write_text(whole)
        for name in ("web", "worker"):
            eventually(lambda name=name: said(stack, name, "Reloaded in"))  # type: ignore[misc]
        assert stack.answers()
        assert stack.interrupt() == 128 + signal.SIGINT


def said(stack: Stack, process: str, text: str) -> bool:
    """Tell whether a process of the stack has written a line that contains `text`."""
    return any(f"{process}.1" in line and text in line for line in stack.lines)
