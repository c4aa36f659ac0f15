"""Makes a task that exits fail, like one that raises any other error."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from celery.app.registry import TaskRegistry
from celery.exceptions import WorkerShutdown, WorkerTerminate

from .internals import is_told_to_stop

# The methods besides `run()` that a worker calls if the task's class overrides them.
_OWN = ("__call__", "before_start", "on_success", "on_failure", "on_retry", "after_return")


class TaskExitError(Exception):
    """A task called `sys.exit()`, or something that does, such as a management command."""


class Tasks(TaskRegistry):
    """The tasks of an app, each of which fails with `TaskExitError` if its code exits.

    Celery thinks that such a task has lost its process, as a killed one has: it would redeliver the
    task, which would exit again, forever. A base class would miss tasks that have their own.
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
    # Not `Task.__call__`: it would hide the request from the task.
    with exit_is_failure():
        return self.run(*args, **kwargs)


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return `method`, which can exit only if it is called directly, like any function."""

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return method(self, *args, **kwargs)
        with exit_is_failure():
            return method(self, *args, **kwargs)

    return guarded


@contextmanager
def exit_is_failure() -> Iterator[None]:
    """Raise TaskExitError if the block raises SystemExit, unless its process was told to stop."""
    try:
        yield
    except (WorkerShutdown, WorkerTerminate):
        raise
    except SystemExit as error:
        # A pool process that was told to stop exits from within its task, which is then requeued.
        if is_told_to_stop():
            raise
        raise TaskExitError(f"The task called sys.exit({error.code!r}).") from error
