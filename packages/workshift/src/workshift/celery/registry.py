"""A task that exits has failed, as one that raises any other error has."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from celery.app.registry import TaskRegistry
from celery.exceptions import WorkerShutdown, WorkerTerminate

from .internals import is_told_to_stop

# What a worker calls of a task besides `run()`, if the task's class has its own.
_OWN = ("__call__", "before_start", "on_success", "on_failure", "on_retry", "after_return")


class TaskExitError(Exception):
    """A task has called `sys.exit()`, or something that does, such as a management command."""


class Tasks(TaskRegistry):
    """The tasks of an app, each of which fails with `TaskExitError` if its code exits.

    To Celery such a task has lost its process, as a killed one has: it would be handed out again,
    and exit again, for ever. A base class would leave out tasks with a base class of their own.
    """

    def __setitem__(self, name: str, task: Any) -> None:
        kind = type(task)
        own = {
            method: _guarded(getattr(kind, method))
            for method in _OWN
            if getattr(kind, method) is not getattr(Task, method)
        }
        task.__class__ = type(
            kind.__name__,
            (kind,),
            {"__call__": _run, **own, "__module__": kind.__module__, "__doc__": kind.__doc__},
        )
        super().__setitem__(name, task)


def _run(self: Any, *args: Any, **kwargs: Any) -> Any:
    if self.request.called_directly:
        return Task.__call__(self, *args, **kwargs)
    # Not `Task.__call__`, which would hide the request from the task.
    with exit_is_failure():
        return self.run(*args, **kwargs)


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return `method`, which exits only if it is called without a worker, as any function would."""

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return method(self, *args, **kwargs)
        with exit_is_failure():
            return method(self, *args, **kwargs)

    return guarded


@contextmanager
def exit_is_failure() -> Iterator[None]:
    """Raise TaskExitError where the block raises SystemExit, unless its process is told to stop."""
    try:
        yield
    except (WorkerShutdown, WorkerTerminate):
        raise
    except SystemExit as error:
        # Told to stop, a pool process exits from within its task, which then goes back.
        if is_told_to_stop():
            raise
        raise TaskExitError(f"The task called sys.exit({error.code!r}).") from error
