"""Give back the tasks that a killed worker had taken and not finished."""

from typing import Any

from django.conf import settings
from kombu import Connection


def restore_unacknowledged(*, taken_before: float) -> int:
    """Put the tasks that were taken before a time (in seconds since 1970) back in their queues.

    A worker that is killed cannot give back what it had taken; kombu does so when the
    visibility timeout has passed. Call this when it is certain that every worker of that time
    is gone. Returns how many tasks went back.
    """
    with Connection(
        settings.CELERY_BROKER_URL, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS
    ) as connection:
        # The Redis transport's channel has more than kombu's type for channels knows.
        channel: Any = connection.default_channel
        # The newest first: each goes to the front of its queue, so the oldest is first again.
        tags = channel.client.zrange(
            channel.unacked_index_key, taken_before, 0, desc=True, byscore=True
        )
        for tag in tags:
            channel.qos.restore_by_tag(tag)
        return len(tags)
