"""Checks the tasks in the broker: those that wait, and those taken but never acknowledged."""

import json
import time
from typing import Any

from celery import current_app
from django.conf import settings

from .. import paths
from ..celery.broker import key_prefix, messages_in, transport_options
from ..celery.checks import DEFAULT_VISIBILITY_TIMEOUT
from ..durable.tasks import QUEUE_ROOM, messages_waiting, queue_of
from .broker import info
from .context import Context
from .findings import Findings, count, note, ok, problem, warning

# Where kombu's Redis transport keeps unacknowledged tasks: the messages, and when the worker took
# or last renewed each.
UNACKED = "unacked"
UNACKED_INDEX = "unacked_index"

# Seconds after which a worker reports a message that it has taken.
JUST_TAKEN = 2


def waiting(context: Context) -> Findings:
    """Count the messages in every queue that the project's tasks are sent to."""
    if context.broker_trouble:
        return
    for queue, task in sorted(one_task_a_queue().items()):
        length = messages_waiting(task)
        sentence = f"The queue {queue} holds {count(length, 'task')}."
        if length and not context.workers:
            yield note(sentence, "A worker will run them once it starts.")
        elif length >= QUEUE_ROOM:
            yield warning(
                sentence, "The workers do not keep up: start more, or raise their --concurrency."
            )
        else:
            yield ok(sentence)


def one_task_a_queue() -> dict[str, Any]:
    """Return the name of each queue and one task that is sent to it."""
    return {
        queue_of(task).name: task
        for name, task in current_app.tasks.items()
        if not name.startswith("celery.")
    }


def unserved(context: Context) -> Findings:
    """Find the queues that tasks are sent to but no worker consumes."""
    if not context.workers:
        return
    answers = (context.inspect(context.workers).active_queues() or {}).values()
    served = {queue["name"] for queues in answers for queue in queues}
    used = one_task_a_queue().keys() | queues_of_django_tasks()
    client: Any = context.redis
    for queue in sorted(used - served):
        # To ask kombu for a queue in Redis would make it.
        length = (
            messages_in(current_app.amqp.queues[queue])
            if client is None
            else client.llen(key_prefix() + queue)
        )
        sentence = f"No worker that answers consumes the queue {queue}, which holds "
        step = f"Start one with the option `-Q {queue}`."
        yield (
            problem(f"{sentence}{count(length, 'task')}.", step)
            if length
            else warning(f"{sentence}nothing yet.", step)
        )
    if not used - served:
        yield ok("Every queue has a worker.")


def queues_of_django_tasks() -> set[str]:
    """Return Celery's names of the queues that TASKS allows."""
    try:
        from django.tasks import DEFAULT_TASK_QUEUE_NAME, task_backends  # noqa: PLC0415

        from ..django_tasks import CeleryBackend  # noqa: PLC0415
    except ModuleNotFoundError:  # New in Django 6.0.
        return set()
    backends = [task_backends[alias] for alias in settings.TASKS]
    names = {name for one in backends if isinstance(one, CeleryBackend) for name in one.queues}
    default = current_app.conf.task_default_queue
    return {default if name == DEFAULT_TASK_QUEUE_NAME else name for name in names}


def unacknowledged(context: Context) -> Findings:
    """Find the tasks that a lost worker had taken, and say when they will be redelivered.

    Only Redis has to be told: other brokers notice at once that a worker is gone.
    """
    if context.redis is None or context.broker_trouble:
        return
    client: Any = context.redis
    unacked, index = key_prefix() + UNACKED, key_prefix() + UNACKED_INDEX
    messages = client.hgetall(unacked)
    at_work = context.tasks_at_work if messages else set()
    taken_at = dict(client.zrange(index, 0, -1, withscores=True))
    # Last, because tasks acknowledged in the meantime are not stuck.
    there = set(client.hkeys(unacked))
    now = time.time()
    stuck = [
        tag
        for tag, message in messages.items()
        if tag in there
        and json.loads(message)[0]["headers"].get("id") not in at_work
        and now - taken_at.get(tag, 0) > JUST_TAKEN
    ]
    if not stuck:
        yield ok(f"No unacknowledged task is stuck; {count(len(messages), 'task')} at work.")
        return
    taken = [taken_at[tag] for tag in stuck if tag in taken_at]
    if lost := len(stuck) - len(taken):
        yield problem(
            f"Unacknowledged and without a time in {index}: {count(lost, 'task')}. "
            "Celery will never redeliver that.",
            f"Look at it with `redis-cli HGETALL {unacked}`, and send it again.",
        )
    if taken:
        age = now - min(taken)
        yield warning(
            "Held by a worker that no longer answers, and not acknowledged: "
            f"{count(len(taken), 'task')}, for {age:.0f} s.",
            return_of(age, context),
        )


def return_of(age: float, context: Context) -> str:
    """Say when tasks that were not renewed for `age` seconds will be redelivered."""
    timeout = transport_options().get("visibility_timeout", DEFAULT_VISIBILITY_TIMEOUT)
    when = f"{timeout - age:.0f} s from now" if timeout > age else "within seconds"
    step = f"The workers give it back {when} (visibility_timeout is {timeout} s)"
    step += "." if context.workers else ", if one is running by then."
    # The embedded stand-in, which has no INFO, would forget them.
    if context.has_redis_of_its_own and info(context):
        step += f" A restart of {paths.dev()} does so at once."
    return step
