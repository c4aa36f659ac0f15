"""The Celery side of durable tasks: the decorator for their functions, and the sweep."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from celery import Task, current_app, shared_task
from celery.signals import worker_ready
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from kombu import Queue
from kombu.exceptions import OperationalError as BrokerError

from .. import conf
from ..celery.broker import messages_in
from ..celery.registry import exit_is_failure
from .backoff import reason
from .log import CLEAN_UP, SWEEP
from .models import DurableTask, no_function

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=DurableTask)

# The sweep fills a queue up to this many messages. A longer queue still contains the hints of most
# waiting rows, and sending them again at every sweep would only make it longer.
QUEUE_ROOM = 1000

# A sweep that sends so many hints at once has found a backlog, so another one follows it.
_BACKLOG = QUEUE_ROOM // 2

# The clean-up deletes rows in batches of this size, so that no transaction holds many of them.
BATCH = 1000

# A clean-up ends after so many batches, to be within its time limit; another one follows it.
BATCHES = 100

# The models without a function that this process has already logged, because sweeps are frequent.
_told: set[type[DurableTask]] = set()


def durable_task(
    model: type[Row],
    *,
    ignore_result: bool = True,
    base: type[Task[..., Any]] = Task,
    **options: Any,
) -> Callable[[Callable[[Row], object]], Task[[str, int], str]]:
    """Make a function that takes one row the Celery task for the rows of `model`.

    The function gets a row that this worker has claimed. If it returns, the row is done; if it
    raises, the row is tried again later. The row shows the outcome; with `ignore_result=False`,
    the result backend stores a result as well, which takes time. `options` are those of Celery's `shared_task`.
    """

    def decorate(work: Callable[[Row], object]) -> Task[[str, int], str]:
        @shared_task(ignore_result=ignore_result, base=_task_class(model, base), **options)
        @wraps(work)
        def perform(pk: str, attempts: int) -> str:
            # A message can come from anywhere, and the database's error would quote all of it.
            if not _is_hint(model, (str(pk), attempts)):
                raise TypeError(f"This is no hint for a row of {model._meta.label}.")
            row = model.objects.claim(pk, attempts)
            if row is None:
                return "nothing to do"
            try:
                with exit_is_failure():
                    work(row)
            except Exception as error:
                row.fail(error)
                # For the traceback in the log, and for error trackers.
                raise
            row.complete()
            return "done"

        task: Task[[str, int], str] = perform
        # `worker.retire` calls this when a stopped worker gives back the task.
        task.given_back = model.objects.release  # type: ignore[attr-defined]
        model.celery_task = task
        return task

    return decorate


def _task_class(model: type[DurableTask], base: type[Task[..., Any]]) -> type[Task[..., Any]]:
    """Return a subclass of `base` that accepts only hints for `model`."""

    class RowTask(base):  # type: ignore[misc, valid-type]  # Known only at run time.
        abstract = True

        def apply_async(
            self,
            args: Sequence[Any] | None = None,
            kwargs: Mapping[str, Any] | None = None,
            *others: Any,
            **options: Any,
        ) -> Any:
            """Send a hint, as a row's `hint()` does. Raises TypeError for other arguments."""
            given = [*(args or ()), *(kwargs or {}).values()]
            if not _is_hint(model, given):
                raise TypeError(
                    f"{self.name} processes rows of {model._meta.label} and takes no other "
                    f"arguments. Save a row, and the workers are told: {_call(model)}. For an "
                    "existing row, call its hint()."
                )
            return super().apply_async(args, kwargs, *others, **options)

    return RowTask


def _is_hint(model: type[DurableTask], given: Sequence[Any]) -> bool:
    try:
        pk, attempts = given
        model._meta.pk.to_python(pk)
    except (ValueError, ValidationError):
        return False
    return isinstance(pk, str) and isinstance(attempts, int)


def _call(model: type[DurableTask]) -> str:
    """Return the code that saves a row."""
    ours = {field.name for field in DurableTask._meta.get_fields()}
    names = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in ours and not (field.has_default() or field.null or field.blank)
    ]
    return f"{model.__name__}.objects.create({', '.join(f'{name}=...' for name in names)})"


def durable_models() -> list[type[DurableTask]]:
    """Return every model of the project that derives from `DurableTask`."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, DurableTask) and not model._meta.proxy
    ]


@shared_task(name=SWEEP, ignore_result=True)
def sweep() -> None:
    """Recover rows that a crash left behind, and hint those that are due, for every model.

    If there are many, another sweep is sent behind their hints. It runs when these have been worked
    on, so a backlog is processed as fast as the workers can, and never fills the queue.
    """
    models = durable_models()
    # Not always the same first: its rows may fill the queue that the others use as well.
    random.shuffle(models)
    for model in models:
        task = getattr(model, "celery_task", None)
        if task is None:
            if model not in _told:
                _told.add(model)
                logger.warning("%s was not swept. %s", model._meta.label, no_function(model))
            continue
        room = QUEUE_ROOM - messages_waiting(task)
        try:
            rows = model.objects.sweep(limit=max(room, 0))
        except DatabaseError as error:
            # A model that is not migrated yet must not block the others.
            logger.error("%s was not swept. %s", model._meta.label, reason(error))  # noqa: TRY400
            continue
        for row in rows:
            if not row.hint():
                return
        # Fewer: those that the schedule sends find little room, and must not multiply.
        if len(rows) >= _BACKLOG:
            _sweep_again(queue_of(task))


@shared_task(name=CLEAN_UP, ignore_result=True)
def clean_up() -> None:
    """Delete the rows of every model that were done `DURABLE_KEEP_DAYS` ago; None keeps all.

    Failed rows stay: somebody has to look at them.
    """
    days = conf.durable("KEEP_DAYS")
    if days is None:
        return
    before = timezone.now() - timedelta(days=days)
    batches = 0
    for model in durable_models():
        deleted = BATCH
        while deleted == BATCH:
            if batches == BATCHES:
                clean_up.delay()
                return
            batches += 1
            try:
                deleted = model.objects.clean_up(before, BATCH)
            except (DatabaseError, IntegrityError) as error:
                # Not migrated yet, or protected by rows that refer to it.
                logger.error("%s was not cleaned up. %s", model._meta.label, reason(error))  # noqa: TRY400
                break


def _sweep_again(queue: Queue) -> None:
    try:
        # By its name: kombu would declare a queue that it is given, for each message.
        sweep.apply_async(queue=queue.name)
    except BrokerError as error:
        logger.warning("No sweep follows at once; the schedule sends one. %s", reason(error))


def queue_of(task: Task[..., Any]) -> Queue:
    """Return the queue that `task` is sent to: its own option, or that of the settings."""
    # Only a task that sets its queue has the attribute.
    asked_for = {"queue": getattr(task, "queue", None)}
    queue: Queue = current_app.amqp.router.route(asked_for, task.name)["queue"]
    return queue


def messages_waiting(task: Task[..., Any]) -> int:
    """Return how many messages wait in the queue that `task` is sent to."""
    return messages_in(queue_of(task))


# Seconds that a worker which is ready has for the tasks that wait for it.
_FIRST_TASKS = 0.2


@worker_ready.connect
def sweep_when_ready(sender: Any, **_kwargs: Any) -> None:
    """Sweep what was left behind while no worker was running; `sender` is the consumer."""
    sender.timer.call_after(_FIRST_TASKS, _sweep_at_the_start)


def _sweep_at_the_start() -> None:
    try:
        sweep.delay()
    except BrokerError as error:
        logger.warning("No sweep at the start; the schedule sends the next. %s", reason(error))
