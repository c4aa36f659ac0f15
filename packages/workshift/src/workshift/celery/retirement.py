"""Makes a worker that is told to stop take no more tasks from that moment.

Celery's warm shutdown waits for the running tasks, and meanwhile Redis still answers the worker's
outstanding BRPOP: the first task sent after SIGTERM would be kept until the worker exits, behind
whatever it is running. So would tasks that the worker has reserved and not started.
"""

from typing import Any

from celery.utils.log import get_logger

from .give_back import give_back_waiting
from .internals import end_poll, requeue_quietly, started_requests

logger = get_logger(__name__)


def retire(consumer: Any) -> None:
    """Stop taking tasks, and give back what the worker has not started."""
    if consumer.task_consumer is None:
        return
    requeue_quietly()
    try:
        consumer.task_consumer.cancel()
        give_back_waiting(consumer)
        consumer.unknown_tasks.give_back_all(consumer)
        end_poll(consumer)
    except (*consumer.connection_errors, *consumer.channel_errors, OSError) as error:
        # The broker hands out again what is not acknowledged.
        logger.warning("Not all tasks could be given back at once: %s", error)
    except Exception:
        # The worker must end all the same.
        logger.exception("Not all tasks could be given back at once.")
    running = len(started_requests())
    if running:
        logger.info("The worker takes no more tasks, and ends after those that run: %d.", running)
