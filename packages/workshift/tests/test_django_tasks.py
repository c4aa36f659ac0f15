"""Django's own tasks on a real worker: results, failures, waiting, queues, and Redis away."""

import os
import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.exceptions import NotRegistered
from django.tasks import TaskResult, TaskResultStatus, default_task_backend, task
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils import timezone
from pytest_django import Settings

from tests import ROOT
from tests import tasks_of_django as tasks
from tests.reload.project import Project
from tests.tasks import add
from workshift.celery.registry import TaskExitError
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, RedisServer, eventually, free_port


@pytest.fixture(scope="module")
def worker_options() -> tuple[str, ...]:
    """The tests' own tasks, of both kinds."""
    return ("--include", "tests.tasks,tests.tasks_of_django")


PAGE = (ROOT / "docs" / "django-tasks.md").read_text()


def finished(result: "TaskResult[..., Any]") -> "TaskResult[..., Any]":
    """Return the result when its task has ended."""

    def look() -> bool:
        result.refresh()
        return result.is_finished

    eventually(look)
    return result


def test_a_result_can_be_asked_for_before_and_after_the_task_has_run(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    sent = tasks.double.enqueue(21)

    waiting = tasks.double.get_result(sent.id)
    assert waiting.status == TaskResultStatus.READY
    assert waiting.args == [21]
    assert waiting.enqueued_at == sent.enqueued_at
    assert waiting.started_at is None

    start_worker("--concurrency=1")
    done = finished(waiting)
    assert done.status == TaskResultStatus.SUCCESSFUL
    assert done.return_value == 42
    assert done.attempts == 1
    assert sent.enqueued_at
    assert done.enqueued_at == sent.enqueued_at
    assert done.started_at
    assert done.started_at == done.last_attempted_at
    assert done.finished_at
    assert sent.enqueued_at <= done.started_at <= done.finished_at <= timezone.now()
    assert default_task_backend.get_result(sent.id).task == tasks.double


def test_what_a_task_can_be(redis_server: RedisServer, start_worker: StartWorker) -> None:
    start_worker("--concurrency=1")

    coroutine = tasks.double_async.enqueue(number=21)
    with_context = tasks.tell_attempt.enqueue(10)
    later = tasks.double.using(run_after=timezone.now() + timedelta(seconds=1)).enqueue(1)
    failing = tasks.fail.enqueue("a reason")
    exiting = tasks.call_exiting_command.enqueue()
    failing_oddly = tasks.fail_oddly.enqueue()

    assert finished(coroutine).return_value == 42
    assert finished(with_context).return_value == 11
    assert later.task.run_after
    done_at = finished(later).finished_at
    assert done_at
    assert done_at >= later.task.run_after
    error = finished(failing).errors[0]
    assert failing.status == TaskResultStatus.FAILED
    assert error.exception_class is ValueError
    assert "raise ValueError(message)" in error.traceback
    error = finished(exiting).errors[0]
    assert exiting.status == TaskResultStatus.FAILED
    assert error.exception_class is TaskExitError
    assert "sys.exit(3)" in error.traceback
    # Celery cannot pickle it, and sends another in its place.
    assert finished(failing_oddly).errors[0].exception_class is tasks.OddError


def test_a_task_that_is_killed_has_failed(
    redis_server: RedisServer, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The message carries the sender's limits, which win over the worker's.
    celery_task = current_app.tasks["tests.tasks_of_django.hang"]
    monkeypatch.setattr(celery_task, "soft_time_limit", 1)
    monkeypatch.setattr(celery_task, "time_limit", 2)
    start_worker("--concurrency=1")

    result = finished(tasks.hang.enqueue())

    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class_path.endswith("TimeLimitExceeded")


def test_a_task_is_running_until_it_is_revoked(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    start_worker("--concurrency=1")
    result = tasks.hang.enqueue()

    def runs() -> bool:
        result.refresh()
        return result.status == TaskResultStatus.RUNNING

    eventually(runs)
    current_app.control.revoke(result.id, terminate=True, signal="SIGKILL")
    assert finished(result).status == TaskResultStatus.FAILED


@task
def newer(number: int) -> int:
    """A task that the workers of these tests do not know: they import tests/tasks_of_django.py."""
    return number


def test_a_task_that_the_worker_does_not_know_has_failed(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    start_worker("--concurrency=1", "--include", "tests.impatient")

    sent = newer.enqueue(21)

    result = finished(newer.get_result(sent.id))
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class is NotRegistered
    assert result.args == [21]
    assert result.enqueued_at == sent.enqueued_at


def test_queues(redis_server: RedisServer, settings: Settings) -> None:
    backend = settings.TASKS["default"]["BACKEND"]
    settings.TASKS = {"default": {"BACKEND": backend, "QUEUES": ["default", "reports"]}}

    tasks.double.enqueue(1)
    tasks.double.using(queue_name="reports").enqueue(1)

    assert redis_server.client.llen("test:mysite") == 1
    assert redis_server.client.llen("test:reports") == 1
    with pytest.raises(InvalidTask, match="unheard-of"):
        tasks.double.using(queue_name="unheard-of")


def test_what_is_refused_is_not_sent(redis_server: RedisServer) -> None:
    with pytest.raises(InvalidTask, match="priority"):
        tasks.double.using(priority=1)
    with pytest.raises(TypeError, match="object"):
        tasks.double.enqueue(object())  # type: ignore[arg-type]

    assert redis_server.client.keys("*") == []


def test_an_id_of_nothing_or_of_a_celery_task_is_unknown(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    start_worker("--concurrency=1")
    celery_task = add.delay(1, 2)
    assert celery_task.get(timeout=DEADLINE) == 3

    # Whatever a view has read from an address.
    unknown: Any
    for unknown in ("nothing", celery_task.id, "", None, 1):
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(unknown)


def test_djangos_signals_are_sent(redis_server: RedisServer) -> None:
    seen = []

    def note(sender: Any, task_result: "TaskResult[..., Any]", **_: Any) -> None:
        seen.append(task_result.status)

    for signal in (task_enqueued, task_started, task_finished):
        signal.connect(note)
    try:
        tasks.double.enqueue(1)
        # Here and now, as a worker would.
        current_app.tasks["tests.tasks_of_django.double"].apply((1,))
        current_app.tasks["tests.tasks_of_django.fail"].apply(("a reason",))
    finally:
        for signal in (task_enqueued, task_started, task_finished):
            signal.disconnect(note)

    assert seen == ["READY", "RUNNING", "SUCCESSFUL", "RUNNING", "FAILED"]


@pytest.mark.parametrize("answer", ["refuses", "says nothing"])
@pytest.mark.parametrize("call", ["enqueue(21)", "get_result('an id')"])
def test_a_call_fails_rather_than_hangs_while_redis_is_away(call: str, answer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = free_port() if answer == "refuses" else silent.getsockname()[1]
        # In a process of its own, so that one that hangs ends at the deadline.
        process = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import django; django.setup(); import tests.tasks_of_django as t; t.double.{call}",
            ],
            cwd=ROOT,
            env={**os.environ, "REDIS_URL": f"redis://127.0.0.1:{port}/0"},
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            timeout=DEADLINE,
        )

    last_line = process.stderr.strip().rpartition("\n")[2]
    assert last_line.startswith("kombu.exceptions.OperationalError:"), process.stderr


def test_the_page_runs_as_it_stands(tmp_path: Path, redis_server: RedisServer) -> None:
    # The project of these tests has another app.
    page = PAGE.replace("orders", "probe")
    declared, called = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    project = Project(tmp_path / "project", redis_server.url)
    with project.worker() as worker:
        project.write("probe/tasks.py", declared)
        worker.wait_for(r"\+ probe\.tasks\.count_words")
        shell = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", called],
            cwd=project.folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        project.write("probe/tasks.py", declared.replace(".split()", ".split('-')"))
        worker.wait_for(r"Reloaded in .* runs probe/tasks\.py")
        result = project.app.send_task("probe.tasks.count_words", ["a b-c"])
        assert result.get(timeout=DEADLINE) == 2
        project.write("probe/tasks.py", "")
        worker.wait_for(r"- probe\.tasks\.count_words")
    assert shell.stdout.split("\n")[:1] == ["SUCCESSFUL 4"]
