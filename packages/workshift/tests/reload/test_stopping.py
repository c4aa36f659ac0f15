"""The time that a stop takes: its parts fit into each other, and `--grace` into whoever waits."""

import pytest
from honcho import manager

from tests.reload.project import Project
from workshift.dev.launch import longest_grace
from workshift.reload import stopping

PROCFILE = """\
# worker: python manage.py runworker --grace 900
web: exec env python manage.py runserver 127.0.0.1:$PORT
worker: exec env python manage.py runworker{} --loglevel info
redis: exec env python manage.py runredis
"""


def test_honcho_kills_when_we_think_that_it_does() -> None:
    assert manager.KILL_WAIT == stopping.HONCHO


@pytest.mark.parametrize("grace", [0, stopping.GRACE, 3, 30, 3600])
def test_the_parts_of_a_stop_fit_into_each_other(
    grace: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stopping.VARIABLE, str(stopping.of_stack(grace)))

    # The generation gives back, the supervisor waits for it, Redis for both, honcho for all.
    assert stopping.GIVE_BACK < stopping.HARD_STOP
    assert grace + stopping.HARD_STOP < stopping.of_worker(grace)
    assert stopping.of_worker(grace) <= stopping.redis_patience()
    assert stopping.redis_patience() + stopping.REDIS <= stopping.limit()
    assert stopping.longest_that_fits() == grace


def test_the_usual_grace_fits_into_a_honcho_that_is_started_by_hand() -> None:
    assert stopping.longest_that_fits() >= stopping.GRACE


@pytest.mark.parametrize(
    ("option", "grace"),
    [
        ("", stopping.GRACE),
        (" --grace 0.5", stopping.GRACE),
        (" --grace 30", 30),
        (" --grace=4.5", 4.5),
        (" -Q a --grace 7\nmails: exec python manage.py runworker --grace 8", 8),
    ],
)
def test_the_stack_waits_for_the_longest_grace_of_its_workers(option: str, grace: float) -> None:
    assert longest_grace(PROCFILE.format(option)) == grace


@pytest.mark.parametrize("grace", ["-1", "nan", "inf", "soon", ""])
def test_a_grace_that_is_no_duration_is_refused(project: Project, grace: str) -> None:
    with project.starting_worker(f"--grace={grace}") as worker:
        worker.wait_for("argument --grace: must be a number of seconds, 0 or more")
        assert worker.process.wait(60) != 0


def test_a_grace_that_does_not_fit_is_named(project: Project) -> None:
    with project.starting_worker("--grace", "3", HONCHO_PROCESS_NAME="worker.1") as worker:
        worker.wait_for(r"A stop with --grace 3 may take 5 s, but honcho.+ --grace 2 at most\.")
        worker.wait_for("Generation 1 is ready")


def test_a_grace_that_fits_needs_no_word(project: Project) -> None:
    told = {"HONCHO_PROCESS_NAME": "worker.1", stopping.VARIABLE: str(stopping.of_stack(3))}
    with project.worker("--grace", "3", **told) as worker:
        assert "A stop with" not in worker.output
