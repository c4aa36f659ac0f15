"""The options of `runworker`, and those that it hands on to Celery."""

import subprocess
import sys

import click
import pytest
from celery.bin.worker import worker as celery_worker

from tests.reload.project import Project, eventually
from workshift.worker import options

# What each generation gets as it is. An option that Celery adds belongs here, or into options.py.
FOR_EACH = {
    "hostname",
    "statedb",
    "loglevel",
    "optimization",
    "prefetch_multiplier",
    "disable_prefetch",
    "concurrency",
    "pool",
    "task_events",
    "time_limit",
    "soft_time_limit",
    "max_tasks_per_child",
    "pool_start_method",
    "max_memory_per_child",
    "queues",
    "exclude_queues",
    "include",
    "without_gossip",
    "without_mingle",
    "without_heartbeat",
    "heartbeat_interval",
    "autoscale",
    "logfile",
}


@pytest.mark.newest
def test_every_option_of_celery_has_been_thought_of() -> None:
    ours = options._ONCE | options._DONE_BY_RUNWORKER | options._REFUSED.keys()
    assert {option.name for option in celery_worker.params} == FOR_EACH | ours


@pytest.mark.parametrize(
    ("given", "first", "later"),
    [
        ("--purge", "--discard", ""),
        ("--discard -c 3", "--discard --concurrency=3", "--concurrency=3"),
        ("-Bl info", "--loglevel=info", "--loglevel=info"),
        ("-BE", "--task-events", "--task-events"),
        ("--pidfile=x", "", ""),
        ("--pidfile x -Q a,b", "--queues=a,b", "--queues=a,b"),
        ("-Xa --purge --purge", "--exclude-queues=a --discard", "--exclude-queues=a"),
        ("-c 0 --beat -c2", "--concurrency=2", "--concurrency=2"),
        ("-B -- a.b=1", "-- a.b=1", "-- a.b=1"),
        ("--no-such --purge", "--no-such --purge", "--no-such --purge"),
    ],
)
def test_what_is_meant_for_one_start_acts_once(given: str, first: str, later: str) -> None:
    assert options.for_generation(1, given.split()) == first.split()
    assert options.for_generation(2, given.split()) == later.split()


def test_an_option_of_the_project_is_passed_on() -> None:
    mine = click.Option(["--mine"])
    given = ["--mine", "1", "--purge"]
    assert options.for_generation(2, given, more=[mine]) == ["--mine=1"]


@pytest.mark.parametrize(
    "given",
    [
        "-D",
        "--detach",
        "-BD",
        "-Es file",
        "--schedule=file",
        "--schedule-filename file",
        "--scheduler x",
        "--uid 1",
        "--gid=1",
        "--umask 022",
        "--executable=python",
    ],
)
def test_what_it_cannot_do_is_refused_in_a_sentence(given: str) -> None:
    with pytest.raises(click.UsageError, match=r"runworker does not take -.*\. .*\.$"):
        options.read(["-c", "2", *given.split()])


def test_a_refusal_ends_the_command(project: Project) -> None:
    with project.starting_worker("--detach") as worker:
        worker.wait_for("runworker does not take -D/--detach")
        assert worker.process.wait(60) == 2
        assert "Traceback" not in worker.output


def test_a_purge_happens_once_and_the_pid_file_is_the_commands(project: Project) -> None:
    project.send(1)
    pidfile = project.folder / "worker.pid"
    with project.worker("--purge", f"--pidfile={pidfile}", "-c", "1") as worker:
        project.send(2, wait_for="go")
        eventually(lambda: project.noted("began"), "the worker is busy")
        waiting = project.send(3)
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert waiting.get(timeout=60) == 1
        assert int(pidfile.read_text()) == worker.process.pid
        with project.starting_worker(f"--pidfile={pidfile}") as second:
            second.wait_for("already exists")
            assert second.process.wait(60) != 0
        project.probe.rpush("go", "")
        worker.stop()
    assert not pidfile.exists()
    assert 1 not in {number for number, _ in project.noted("began")}


def test_a_pid_file_that_cannot_be_written_is_named(project: Project) -> None:
    with project.starting_worker("--pidfile=nowhere/worker.pid") as worker:
        worker.wait_for("The pid file cannot be written: .*nowhere/worker.pid")
        assert worker.process.wait(60) == 1
        assert "Traceback" not in worker.output


@pytest.mark.newest
def test_a_pid_file_of_the_settings_is_left_to_production(project: Project) -> None:
    pidfile = project.folder / "worker.pid"
    settings = project.read("mysite/settings.py")
    project.write("mysite/settings.py", f"{settings}\nCELERY_WORKER_PIDFILE = {str(pidfile)!r}\n")
    with project.worker():
        assert project.version() == 0
        assert not pidfile.exists()


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
