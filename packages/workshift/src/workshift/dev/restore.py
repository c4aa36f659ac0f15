"""Give back the tasks that a killed worker had taken and not finished."""

from celery import current_app

from ..celery.internals import restore_taken


def restore_unacknowledged(*, taken_before: float) -> int:
    """Put the tasks that were taken before a time (in seconds since 1970) back in their queues.

    A worker that is killed cannot give back what it had taken; kombu does so when the
    visibility timeout has passed. Call this when it is certain that every worker of that time
    is gone. Returns how many tasks went back.
    """
    with current_app.connection_for_read() as connection:
        return restore_taken(connection.default_channel, taken_before=taken_before)
