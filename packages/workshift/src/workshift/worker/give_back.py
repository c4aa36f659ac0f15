"""Gives tasks back into the queue: those that wait when a generation retires, and those that run.

Celery's cold shutdown gives back what runs in a second or two, which is too long for somebody who
has pressed Ctrl-C, and needs its event loop, which a busy solo worker has not got.
"""

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from celery.utils.log import get_logger

from ..celery.internals import pool_processes, started_requests, take_waiting
from ..reload.messages import Stopped

logger = get_logger(__name__)


def attempt(step: Callable[..., object], *arguments: Any) -> None:
    """Call `step`; an error is logged, so that what comes after it happens all the same."""
    try:
        step(*arguments)
    except Exception:
        logger.exception("Giving tasks back was not complete; the rest goes on.")


def give_back(message: Any, consumer: Any) -> None:
    """Put `message` back into its queue, now: Celery's own way waits for the event loop."""
    attempt(lambda: message.reject_log_error(logger, consumer.connection_errors, requeue=True))


def give_back_waiting(consumer: Any) -> None:
    """Put back into the queue what `consumer` has reserved but not started."""
    for request in take_waiting(consumer):
        give_back(request.message, consumer)


def give_back_running(consumer: Any) -> Stopped:
    """Cut off the tasks that run, and put them back into the queue; return what became of them."""
    # First, so that no task ends well after it has been given back. Stopped and not killed, which
    # they will be together with us: Celery would take a task whose process is gone for failed.
    processes = pool_processes(consumer)
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    running = started_requests()
    held = [request for request in running if not request.acknowledged]
    for request in held:
        give_back(request.message, consumer)
    # Not where tasks run in this very process: they go on until it is killed.
    if processes:
        for request in held:
            _tell_task(request)
    back = sum(request.message.acknowledged for request in held)
    return Stopped(
        back=back,
        stuck=len(held) - back,
        lost=sorted(request.name for request in running if request.acknowledged),
    )


def _tell_task(request: Any) -> None:
    """Call `given_back` of a task that has it, with its arguments: its process has stopped."""
    given_back = getattr(request.task, "given_back", None)
    if given_back is None:
        return
    try:
        given_back(*request.args, **request.kwargs)
    except Exception:
        logger.exception("%s could not be told that it was given back.", request.name)
