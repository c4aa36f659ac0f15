"""Give back the tasks that a killed worker had taken and not finished."""

from time import time
from typing import Any

from django.conf import settings
from kombu import Connection


def restore_unacknowledged(*, taken_before: float) -> int:
    """Put the tasks that were taken before a time (in seconds since 1970) back in their queues.

    A worker that is killed cannot give back what it had taken; kombu does so when the
    visibility timeout has passed. Call this when it is certain that every worker of that time
    is gone. Returns how many tasks went back.
    """
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        # kombu gives back what is older than this, in seconds.
        "visibility_timeout": time() - taken_before,
    }
    with Connection(settings.CELERY_BROKER_URL, transport_options=options) as connection:
        # The Redis transport's channel has more than kombu's type for channels knows.
        channel: Any = connection.default_channel
        # Left behind by a worker that was killed while it gave tasks back itself.
        channel.client.delete(channel.unacked_mutex_key)
        before: int = channel.client.hlen(channel.unacked_key)
        channel.qos.restore_visible(num=None)
        after: int = channel.client.hlen(channel.unacked_key)
        return before - after
