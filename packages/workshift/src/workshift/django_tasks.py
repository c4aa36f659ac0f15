"""Runs Django's own tasks (`django.tasks`) on Celery, in the same worker.

`docs/django-tasks.md` says when to use them, and `docs/decisions.md` why no package does this.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from traceback import format_exception
from typing import Any, ParamSpec, TypeVar

from celery import current_app, shared_task, states, uuid
from celery.app.task import Context
from celery.utils.serialization import UnpickleableExceptionWrapper
from django.tasks import DEFAULT_TASK_QUEUE_NAME, Task, TaskContext, TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import TaskError
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError
from redis import RedisError

P = ParamSpec("P")
R = TypeVar("R")

_STATUS = {
    states.PENDING: TaskResultStatus.READY,
    states.STARTED: TaskResultStatus.RUNNING,
    states.SUCCESS: TaskResultStatus.SUCCESSFUL,
    states.FAILURE: TaskResultStatus.FAILED,
    states.REVOKED: TaskResultStatus.FAILED,
}


class CeleryBackend(BaseTaskBackend):
    """Sends tasks to Celery's broker and reads their results from its result backend.

    It refuses priorities: Celery on Redis treats the highest as the lowest.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True

    def validate_task(self, task: "Task[..., Any]") -> None:
        """Check `task` and register it with Celery; Django calls this for each declared task."""
        super().validate_task(task)
        if task.module_path not in current_app.tasks:

            @shared_task(name=task.module_path, bind=True)
            def run(celery_task: Any, *args: Any, **kwargs: Any) -> Any:
                return _run(task, celery_task.request, args, kwargs)

    def enqueue(
        self, task: "Task[P, R]", args: Sequence[Any], kwargs: dict[str, Any]
    ) -> "TaskResult[P, R]":
        """Send a task at once, as `.delay()` does; inside a transaction it may run too early.

        Raises `InvalidTask` if this backend does not support the task's options, TypeError if an
        argument is not JSON, and kombu's `OperationalError` if Redis is down.
        """
        self.validate_task(task)
        result = _result(task, uuid(), TaskResultStatus.READY, args, kwargs)
        now = timezone.now()
        result = replace(result, enqueued_at=now)
        # Celery stores a message's stamps with its result.
        stamps = {"enqueued_at": now.isoformat()}
        request = Context(
            task=task.module_path,
            args=result.args,
            kwargs=result.kwargs,
            stamps=stamps,
            stamped_headers=list(stamps),
        )
        try:
            # Celery itself stores nothing before the task starts; its id would be unknown.
            current_app.backend.store_result(result.id, None, states.PENDING, request=request)
        except RedisError as error:
            raise OperationalError(str(error)) from error
        options: dict[str, Any] = {
            "task_id": result.id,
            "eta": task.run_after,
            "stamped_headers": list(stamps),
            **stamps,
        }
        # Django's default queue is Celery's default queue, whatever its name.
        if task.queue_name != DEFAULT_TASK_QUEUE_NAME:
            options["queue"] = task.queue_name
        celery_task = current_app.tasks[task.module_path]
        celery_task.apply_async(tuple(result.args), result.kwargs, **options)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """Return what is known about a task; its start time is known once it has finished.

        Raises `TaskResultDoesNotExist` if no result has this id, or no longer has it, and kombu's
        `OperationalError` if Redis is down.
        """
        if not result_id or not isinstance(result_id, str):
            raise TaskResultDoesNotExist(result_id)
        try:
            meta = current_app.backend.get_task_meta(result_id)
        except RedisError as error:
            raise OperationalError(str(error)) from error
        try:
            task = import_string(meta.get("name") or "")
        except ImportError as error:
            raise TaskResultDoesNotExist(result_id) from error
        if not isinstance(task, Task):  # A task of Celery's.
            raise TaskResultDoesNotExist(result_id)
        result: TaskResult[..., Any] = replace(
            _result(task, result_id, _STATUS[meta["status"]], meta["args"], meta["kwargs"]),
            worker_ids=[meta["worker"]] if meta["worker"] else [],
            enqueued_at=_moment(meta.get("enqueued_at")),
            started_at=_moment(meta.get("started_at")),
            last_attempted_at=_moment(meta.get("started_at")),
            finished_at=_moment(meta["date_done"]),
        )
        if result.status == TaskResultStatus.FAILED:
            result.errors.append(_error(meta["result"], meta["traceback"] or ""))
        elif result.status == TaskResultStatus.SUCCESSFUL:
            object.__setattr__(result, "_return_value", meta["result"])
        return result


def _run(task: "Task[..., Any]", request: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call the function of `task` in the worker, between Django's signals."""
    sender, now = type(task.get_backend()), timezone.now()
    running = replace(
        _result(task, request.id, TaskResultStatus.RUNNING, args, kwargs),
        started_at=now,
        last_attempted_at=now,
        worker_ids=[request.hostname],
    )
    request.stamps = {**(request.stamps or {}), "started_at": now.isoformat()}
    request.stamped_headers = list(request.stamps)
    task_started.send(sender, task_result=running)
    context = [TaskContext(task_result=running)] if task.takes_context else []
    try:
        value = normalize_json(task.call(*context, *args, **kwargs))
    except Exception as error:
        failed = replace(running, status=TaskResultStatus.FAILED, finished_at=timezone.now())
        failed.errors.append(_error(error, "".join(format_exception(error))))
        task_finished.send(sender, task_result=failed)
        raise
    done = replace(running, status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now())
    object.__setattr__(done, "_return_value", value)
    task_finished.send(sender, task_result=done)
    return value


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _result(
    task: "Task[P, R]",
    result_id: str,
    status: TaskResultStatus,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> "TaskResult[P, R]":
    """Return a result with only these values."""
    return TaskResult(
        task=task,
        id=result_id,
        status=status,
        enqueued_at=None,
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        args=list(args),
        kwargs=kwargs,
        backend=task.backend,
        errors=[],
        worker_ids=[],
    )


def _error(error: BaseException, text: str) -> TaskError:
    if isinstance(error, UnpickleableExceptionWrapper):
        path = f"{error.exc_module}.{error.exc_cls_name}"
    else:
        path = f"{type(error).__module__}.{type(error).__qualname__}"
    return TaskError(exception_class_path=path, traceback=text)
