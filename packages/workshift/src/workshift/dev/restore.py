"""Gives back the tasks that a killed worker had taken but not finished."""

from celery import current_app

from ..celery.internals import restore_taken


def restore_unacknowledged(*, taken_before: float) -> int:
    """Return the tasks that were taken before a time (seconds since 1970) to their queues.

    A killed worker cannot give back its tasks; kombu does so after the visibility timeout. Call
    this only when every worker from that time is gone. Returns the number of tasks.
    """
    with current_app.connection_for_read() as connection:
        return restore_taken(connection.default_channel, taken_before=taken_before)
