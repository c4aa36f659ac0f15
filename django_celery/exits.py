"""What a task that exits comes to: it has failed, as one that raises any other error has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from celery.exceptions import WorkerShutdown, WorkerTerminate

from .celery_internals import is_told_to_stop


class TaskExitError(Exception):
    """A task has called `sys.exit()`, or something that does, such as a management command."""


class ExitingTask(Task):  # type: ignore[type-arg]  # Its arguments are any.
    """A task that fails with `TaskExitError` where its code raises SystemExit.

    To Celery such a task has lost its process, as a killed one has: it would be handed out again,
    and exit again, for ever.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task. Called directly, without a worker, it exits as any function would."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        with exit_is_failure():
            return self.run(*args, **kwargs)


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
