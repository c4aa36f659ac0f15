"""Gives the tasks that run back into the queue, when a generation has to end at once.

Celery's cold shutdown gives back what runs in a second or two, which is too long for somebody who
has pressed Ctrl-C, and needs its event loop, which a busy solo worker has not got.
"""

import contextlib
import os
import signal
from typing import Any

from celery.utils.log import get_logger

from ..celery.give_back import give_back
from ..celery.internals import pool_processes, started_requests
from ..reload.messages import Stopped

logger = get_logger(__name__)


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
