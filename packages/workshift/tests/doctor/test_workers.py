"""What the doctor says of workers, their tasks, the queue, the beat and what they leave behind."""

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from celery import current_app

from tests.doctor.conftest import ask, doctor
from tests.reload.project import TASKS, Project, children, eventually
from workshift.doctor.context import Context
from workshift.doctor.findings import Level
from workshift.doctor.processes import left_over
from workshift.doctor.queues import unacknowledged, waiting
from workshift.durable.log import SWEEP
from workshift.durable.tasks import QUEUE_ROOM
from workshift.testing.processes import RedisServer

NEW_TASK = TASKS.replace("def record", "def other")


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that have lost their parent, and never end by themselves, need not be awaited."""
    monkeypatch.setattr("workshift.doctor.processes.ENDING", 0.1)


def test_nobody_answers_in_production(project: Project) -> None:
    project.write(".env", project.read(".env").replace("DEBUG=on", "DEBUG=off"))
    assert "problem  No worker answered within 1 s." in doctor(project)


def test_what_waits_for_a_worker_that_is_not_there(project: Project) -> None:
    project.send(1)
    said = doctor(project)
    assert "note     No worker is running." in said
    assert "note     The queue mysite holds 1 task." in said


def test_a_task_that_only_web_knows_and_one_that_only_the_worker_knows(project: Project) -> None:
    with project.starting_worker("--noreload", "--without-mingle") as worker:
        worker.wait_for(r" ready\.")
        said = doctor(project)
        assert "ok       Workers that answer: celery@" in said
        assert "knows all tasks in the code (3)" in said
        # A plain worker has no beat in it.
        assert "warning  A worker runs without a beat" in said

        project.write("probe/tasks.py", NEW_TASK)
        said = doctor(project)
        assert "does not know probe.tasks.other: it would not run such a task." in said
        assert "knows probe.tasks.record, which this code does not have." in said


def test_tasks_that_a_killed_worker_had_taken(project: Project, redis_server: RedisServer) -> None:
    with project.starting_worker("--noreload", "--without-mingle") as worker:
        worker.wait_for(r" ready\.")
        project.send(1, wait_for="never")
        project.app.send_task("probe.tasks.record", [2], countdown=600)
        eventually(lambda: project.noted("began"), "the task begins")
        unacked = f"{project.prefix}unacked"
        eventually(lambda: redis_server.client.hlen(unacked) == 2, "both are taken")
        assert "No unacknowledged task is stuck; 2 tasks at work." in doctor(project)

        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        said = doctor(project)
        assert "no longer answers, and not acknowledged: 2 tasks" in said
        assert "(visibility_timeout is 900 s), if one is running by then." in said

    with project.starting_worker("--noreload", "--without-mingle") as worker:
        worker.wait_for(r" ready\.")
        assert "(visibility_timeout is 900 s)." in doctor(project)

    redis_server.client.delete(f"{project.prefix}unacked_index")
    assert "Celery will never redeliver that" in doctor(project)


def test_a_task_that_has_just_been_taken_is_not_stuck(
    redis_server: RedisServer, context: Context
) -> None:
    context.answers = {}
    minute = 60
    message = json.dumps([{"headers": {"id": "an id"}}])
    redis_server.client.hset("test:unacked", "tag", message)
    # By a clock that is fast, so that a slow machine takes nothing for old.
    for age, level in ((-minute, Level.OK), (minute, Level.WARNING)):
        redis_server.client.zadd("test:unacked_index", {"tag": time.time() - age})
        [finding] = unacknowledged(context)
        assert finding.level is level


def test_of_the_generations_of_a_worker_the_newest_counts(context: Context) -> None:
    retired = "generation-9.123@here"
    newest = {"celery@here", "generation-10.123@here", "generation-1.45@here", "generation-1.9@it"}
    context.answers = {name: set() for name in (retired, *newest)}

    assert set(context.workers) == newest


def test_two_workers_of_one_machine(project: Project) -> None:
    with project.worker() as one, project.worker() as other:
        said = doctor(project)

    for worker in (one, other):
        assert re.search(rf"Workers that answer: .*generation-1\.{worker.process.pid}@", said)
        assert re.search(rf"generation-1\.{worker.process.pid}@\S+ knows all tasks", said)


def test_two_workers_of_one_name(project: Project) -> None:
    options = ("--noreload", "--without-mingle", "-n", "same@name")
    with project.starting_worker(*options) as one, project.starting_worker(*options) as other:
        one.wait_for(r" ready\.")
        other.wait_for(r" ready\.")
        said, complaints = ask(project)

    assert "warning  More than one worker is called same@name" in said
    assert complaints == ""


@pytest.mark.slow
def test_a_retired_generation_is_no_worker_but_has_its_task(project: Project) -> None:
    with project.worker() as worker:
        project.send(1, wait_for="go")
        eventually(lambda: project.noted("began"), "the task begins")
        project.write("probe/tasks.py", project.read("probe/tasks.py") + NEW_TASK)
        worker.wait_for("Reloaded in")
        said = doctor(project)
        project.probe.rpush("go", 1)

    assert f"ok       Workers that answer: generation-2.{worker.process.pid}@" in said
    assert "generation-1." not in said
    assert "knows all tasks in the code (3)" in said
    assert "No unacknowledged task is stuck; 1 task at work." in said


def test_a_queue_that_grows(redis_server: RedisServer, context: Context) -> None:
    context.workers = {"worker@host": set()}
    redis_server.client.rpush("test:mysite", *["message"] * QUEUE_ROOM)

    [finding] = waiting(context)

    assert finding.level is Level.WARNING
    assert f"holds {QUEUE_ROOM} tasks" in str(finding)


def test_a_queue_that_a_task_asks_for(
    redis_server: RedisServer, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app.tasks[SWEEP], "queue", "mails", raising=False)
    context.workers = {"worker@host": set()}
    redis_server.client.rpush("test:mails", "message")

    said = [str(finding) for finding in waiting(context)]

    assert "ok       The queue mails holds 1 task." in said


def test_a_queue_that_no_worker_takes_from(project: Project) -> None:
    assert "queue reports" not in doctor(project)
    settings = project.read("mysite/settings.py")
    allowed = 'TASKS["default"]["QUEUES"] = ["default", "reports"]'
    project.write("mysite/settings.py", f"{settings}\n{allowed}\n")
    with project.starting_worker("--noreload", "--without-mingle") as worker:
        worker.wait_for(r" ready\.")
        said = doctor(project)
        assert "warning  No worker that answers consumes the queue reports" in said
        project.app.send_task("probe.tasks.record", [1], queue="reports")
        said = doctor(project)
        assert "problem  No worker that answers consumes the queue reports" in said
        assert "which holds 1 task. Start one with the option `-Q reports`." in said

    with project.starting_worker(
        "--noreload", "--without-mingle", "-Q", "mysite,reports"
    ) as worker:
        worker.wait_for(r" ready\.")
        assert "ok       Every queue has a worker." in doctor(project)


def test_a_beat_that_runs_and_one_that_does_not_send(project: Project) -> None:
    settings = project.read("mysite/settings.py")
    project.write(
        "mysite/settings.py",
        settings.replace('"schedule": 5', '"schedule": 3600'),
    )
    state = project.folder / ".run" / "beat.json"
    with project.worker():
        eventually(state.exists, "the beat keeps its times")
        assert "ok       The beat runs, and nothing in its schedule is late." in doctor(project)

        before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
        state.write_text(json.dumps({"sweep": [before.isoformat(), 0]}))
        assert re.search(
            r"The beat runs, but has not sent 'sweep' for 3[67]\d\d s", doctor(project)
        )

        state.write_text("[]")
        assert "warning  .run/beat.json cannot be read" in doctor(project)


def test_a_zygote_that_its_supervisor_left_behind(project: Project, context: Context) -> None:
    context.folder = project.folder
    with project.worker() as worker:
        [zygote] = children(worker.process.pid)
        [finding] = left_over(context)
        assert finding.level is Level.OK
        # Stopped, it cannot notice that its supervisor is gone.
        os.kill(zygote, signal.SIGSTOP)
        worker.process.kill()
        worker.process.wait()
        try:
            findings = list(left_over(context))
        finally:
            os.kill(zygote, signal.SIGCONT)
        eventually(lambda: [f.level for f in left_over(context)] == [Level.OK], "all are gone")

    assert [finding.level for finding in findings] == [Level.PROBLEM]
    assert f"`kill {zygote}`" in str(findings[0])


@pytest.mark.usefixtures("redis_server", "no_patience")
def test_what_honcho_has_left_behind(project: Project, context: Context) -> None:
    context.folder = project.folder
    by_hand = {"PATH": os.environ["PATH"]}
    for environment, level in (
        (by_hand, Level.OK),
        ({**by_hand, "HONCHO_PROCESS_NAME": "redis.1"}, Level.PROBLEM),
    ):
        with subprocess.Popen(
            [sys.executable, "-u", "manage.py", "runredis"],
            cwd=project.folder,
            env=environment,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            process.stdout.readline()
            [finding] = left_over(context)
            process.terminate()
        assert finding.level is level
        assert str(process.pid) in str(finding) or level is Level.OK


@pytest.mark.usefixtures("no_patience")
def test_a_redis_that_was_left_behind(context: Context) -> None:
    folder = context.folder / ".run" / "redis"
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "600"], cwd=folder) as process:
        [finding] = left_over(context)
        process.kill()

    assert finding.level is Level.PROBLEM
    assert f"Process {process.pid} of this project (redis)" in str(finding)
