"""Giving back what killed workers had taken."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from kombu import Connection
from kombu.simple import SimpleQueue

from workshift.dev.restore import restore_unacknowledged
from workshift.testing.processes import RedisServer


@pytest.fixture
def queue(redis_server: RedisServer) -> Iterator[SimpleQueue]:
    """A queue at the broker of the settings."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with (
        Connection(settings.CELERY_BROKER_URL, transport_options=options) as connection,
        connection.SimpleQueue("restore") as queue,
    ):
        yield queue


def test_gives_back_what_was_taken_before_in_its_order(queue: SimpleQueue) -> None:
    for number in range(20):
        queue.put(number)
    taken = [queue.get(timeout=5).payload for _ in range(20)]

    assert restore_unacknowledged(taken_before=time.time()) == 20

    assert [queue.get(timeout=5).payload for _ in range(20)] == taken == list(range(20))


def test_leaves_what_was_taken_later_to_its_worker(queue: SimpleQueue) -> None:
    start = time.time()
    queue.put("task")
    queue.get(timeout=5)

    assert restore_unacknowledged(taken_before=start) == 0
