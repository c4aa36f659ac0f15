"""The options of `runworker`, and those that it hands on to Celery."""

import subprocess
import sys

from tests.reload.project import Project


def test_celerys_own_options_are_passed_on(project: Project) -> None:
    with project.worker("-Q", "one,two", "-n", "named@here") as worker:
        assert "named@here" in worker.output
        assert "one" in worker.output
        assert "two" in worker.output


def test_a_wrong_option_gets_celerys_own_error_once(project: Project) -> None:
    with project.starting_worker("--no-such-option") as worker:
        worker.wait_for("No such option")
        assert worker.process.wait(60) == 2
        worker.stop()
        assert worker.output.count("No such option") == 1


def test_noreload_runs_one_worker_and_watches_nothing(project: Project) -> None:
    with project.starting_worker("--noreload") as worker:
        worker.wait_for(r" ready\.")
        project.save_version(1)
        assert project.version() == 0
        assert "Generation" not in worker.output


def test_help_names_our_options_and_where_the_others_go() -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "runworker", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--noreload", "--grace", "--watch", "--ignore", "--poll", "--no-preload"):
        assert option in run.stdout
    assert "celery worker" in run.stdout
