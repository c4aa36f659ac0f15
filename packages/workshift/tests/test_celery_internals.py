"""The insides of Celery, kombu, billiard and redis-py are as `celery_internals` takes them to be."""

import json
import logging
import os
import sys
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
import redis.utils
from celery.app import utils as celery_utils
from kombu import Connection
from kombu.asynchronous.timer import Timer
from kombu.transport import redis as redis_transport
from kombu.transport.redis import Channel

from tests import ROOT
from workshift.celery import internals as celery_internals
from workshift.celery.odd_messages import log_unreadable
from workshift.secrets import without_passwords
from workshift.testing.processes import Process, RedisServer

SEND = """
from tests.internals_probe import hold, limited, wait
hold.delay()
wait.delay()
wait.apply_async(countdown=600)
limited.delay()
limited.delay()
"""

TOLD = """
import os, signal
from billiard.common import reset_signals
from workshift.celery.internals import is_told_to_stop
reset_signals()
try:
    os.kill(os.getpid(), signal.SIGTERM)
except SystemExit:
    print(is_told_to_stop())
"""


@pytest.fixture(scope="module")
def found(_real_redis: RedisServer) -> dict[str, Any]:
    """What a worker with a pool of one process has found in itself."""
    _real_redis.client.flushall()
    environment = {**os.environ, "PROBE_BROKER": _real_redis.url, "PROBE_MESSAGES": "5"}
    celery = ["-m", "celery", "-A", "tests.internals_probe", "worker", "-c", "1"]
    for arguments in (["-c", SEND], celery):
        process = Process([sys.executable, *arguments], folder=ROOT, environment=environment)
        # The worker ends by itself, as it has been asked to.
        assert process.wait() == 0, process.output
    line = process.output.partition("FOUND")[2].splitlines()[0]
    findings: dict[str, Any] = json.loads(line)
    return findings


def test_what_waits_is_taken_out_of_the_timer_the_buckets_and_the_semaphore(
    found: dict[str, Any],
) -> None:
    limited, wait = "tests.internals_probe.limited", "tests.internals_probe.wait"
    assert found["waiting"] == [limited, limited, wait, wait]
    assert found["waiting later"] == 0


def test_what_the_worker_holds_is_renewed(found: dict[str, Any]) -> None:
    assert found["visibility timeout"] == 3600
    assert found["renewed"] == 5


def test_the_worker_says_that_it_is_offline(found: dict[str, Any]) -> None:
    assert found["online"] == [True, False]


def test_what_is_left_runs(found: dict[str, Any]) -> None:
    assert found["started"] == ["tests.internals_probe.hold"]


def test_the_pool_names_its_processes(found: dict[str, Any]) -> None:
    assert found["processes"]
    assert set(found["processes"]) <= set(found["children"])


def test_the_answer_to_a_brpop_can_be_read_outside_the_loop() -> None:
    # What becomes of a worker that does so is in test_release.py.
    assert callable(vars(Channel)["_brpop_read"])


def test_the_waiting_brpop_is_ended(found: dict[str, Any]) -> None:
    assert found["is blocked"]
    # The task that fills the pool waits for Redis, too.
    assert (found["blocked before"], found["blocked after"]) == (2, 1)


def test_a_message_that_comes_too_late_is_requeued_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("kombu.transport.virtual.base")
    level = logger.level
    with Connection("memory://") as connection:
        transport: Any = connection.transport
        connection.SimpleQueue("late").put("it")
        raw = transport.channels[0]._get("late")
        try:
            transport._deliver(raw, "nobody consumes it")
            assert "Requeuing undeliverable message" in caplog.text
            caplog.clear()
            celery_internals.requeue_quietly()
            transport._deliver(raw, "nobody consumes it")
        finally:
            logger.setLevel(level)
    assert caplog.text == ""


def test_redis_skips_what_is_no_message(caplog: pytest.LogCaptureFixture) -> None:
    celery_internals.skip_unreadable(log_unreadable)
    transport: Any = redis_transport
    for read, odd in ((transport.loads, "{"), (transport.Channel.Message, {})):
        with pytest.raises(Empty):
            read(odd)
    assert caplog.text.count("Threw away what is not a message") == 2
    assert transport.loads("[1]") == [1]


def test_the_settings_that_celery_shows_are_censored() -> None:
    celery_internals.censor_settings(without_passwords)
    shown: Any = celery_utils
    assert shown.filter_hidden_settings({"A": "redis://:b@c"}) == {"A": "redis://:********@c"}


def test_a_command_is_intercepted_and_run(found: dict[str, Any]) -> None:
    assert found["replies"] == [{"ok": "pong"}, {"mine": {"ok": "pong"}}]


def test_ids_and_stamps_are_revoked(found: dict[str, Any]) -> None:
    assert found["revoked"] == ["one", {"user": ["7"]}]


def test_a_process_knows_whether_billiard_has_told_it_to_end() -> None:
    assert not celery_internals.is_told_to_stop()
    told = Process([sys.executable, "-c", TOLD], folder=ROOT, environment=os.environ)
    assert told.wait() == 0, told.output
    assert told.output == "True\n"


def test_redis_reads_its_version_once(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Any = redis.utils.get_lib_version
    calls: list[str] = []

    def note_and_read() -> str:
        calls.append(read())
        return calls[-1]

    monkeypatch.setattr(redis.utils, "get_lib_version", note_and_read)
    celery_internals.remember_redis_version()
    pool: Any = redis.ConnectionPool.from_url(redis_server.url)
    for _ in range(2):
        pool.make_connection().connect()
    # Before version 7, redis-py reads it when it is imported.
    assert len(calls) <= 1


def test_a_transport_keeps_its_client(redis_server: RedisServer) -> None:
    with Connection(redis_server.url) as connection:
        transport: Any = connection.transport
        channel: Any = connection.default_channel
        client = channel.client
        transport.client = client
        with (
            pytest.raises(AttributeError),
            celery_internals.kept_client(SimpleNamespace(connection=connection)),
        ):
            transport.client = None
            raise AttributeError
        assert transport.client is client


@pytest.mark.newest
def test_the_locked_versions_can_do_everything() -> None:
    assert celery_internals.limits() == []


def test_what_is_cancelled_leaves_the_timer_and_the_rest_stays_in_order() -> None:
    timer = Timer()
    entries = [timer.call_at(eta, print, (eta,)) for eta in (5, 3, 1, 4, 2)]
    for entry in entries[::2]:
        entry.cancel()
    celery_internals.forget_cancelled(timer)
    assert [scheduled.eta for scheduled in timer.queue] == [3, 4]
