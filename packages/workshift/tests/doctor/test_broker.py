"""What the doctor says of Redis."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from redis.exceptions import OutOfMemoryError

from tests.doctor.conftest import doctor
from tests.reload.project import Project
from workshift.doctor import broker
from workshift.doctor.context import Context
from workshift.doctor.findings import Level
from workshift.testing import programs
from workshift.testing.processes import RedisServer, eventually, free_port


@pytest.fixture
def server(redis_server: RedisServer, tmp_path: Path, settings: Settings) -> Iterator[RedisServer]:
    """A Redis of its own, as the tests change its configuration; it keeps nothing on disk."""
    server = RedisServer.of(programs.redis(), free_port(), tmp_path)
    server.start()
    settings.CELERY_BROKER_URL = server.url
    yield server
    server.stop()


def only_problem(project: Project) -> str:
    """The one problem of the project, besides that it has no database yet."""
    lines = [line for line in doctor(project).splitlines() if line.startswith("problem")]
    [line] = [line for line in lines if "The database" not in line]
    return line


def test_a_real_one_is_named(server: RedisServer, context: Context) -> None:
    [finding] = broker.answers(context)

    assert finding.level is Level.OK
    assert server.url in str(finding)
    assert any(character.isdigit() for character in finding.sentence.partition(" answers")[0])


def test_the_embedded_one_is_named(
    embedded_redis: RedisServer, context: Context, settings: Settings
) -> None:
    settings.CELERY_BROKER_URL = embedded_redis.url

    [finding] = broker.answers(context)

    assert finding.level is Level.NOTE
    assert "embedded" in str(finding)
    assert [*broker.eviction(context), *broker.persistence(context)] == []


def test_one_that_throws_out_the_queue(server: RedisServer, context: Context) -> None:
    for policy, level in (
        ("noeviction", Level.OK),
        ("volatile-lru", Level.OK),
        ("allkeys-lru", Level.PROBLEM),
    ):
        server.client.config_set("maxmemory-policy", policy)
        [finding] = broker.eviction(context)
        assert finding.level is level
        assert policy in str(finding)


def test_one_that_keeps_less_than_everything(server: RedisServer, context: Context) -> None:
    [nothing] = broker.persistence(context)
    server.client.config_set("save", "900 1")
    [snapshots] = broker.persistence(context)
    server.client.config_set("appendonly", "yes")
    [everything] = broker.persistence(context)

    assert (nothing.level, snapshots.level, everything.level) == (
        Level.WARNING,
        Level.WARNING,
        Level.OK,
    )
    assert "keeps nothing" in str(nothing)
    assert "now and then" in str(snapshots)


def test_one_that_cannot_write(server: RedisServer, context: Context, tmp_path: Path) -> None:
    # A folder in the place of its file: that keeps even root from writing.
    (tmp_path / "dump.rdb" / "folder").mkdir(parents=True)
    server.client.bgsave()
    eventually(lambda: not broker.info(context)["rdb_bgsave_in_progress"])

    [finding] = broker.persistence(context)

    assert finding.level is Level.PROBLEM
    assert "rdb_last_bgsave_status" in str(finding)

    server.client.config_set("save", "900 1")
    [finding] = broker.answers(Context())
    assert finding.level is Level.PROBLEM
    assert "MISCONF" in str(finding)


def test_a_wrong_password_is_said_and_not_shown(
    server: RedisServer, context: Context, settings: Settings
) -> None:
    server.client.config_set("requirepass", "right")
    settings.CELERY_BROKER_URL = server.url.replace("redis://", "redis://:wr0ng@")

    [finding] = broker.answers(context)

    assert finding.level is Level.PROBLEM
    assert "invalid username-password" in str(finding)
    assert "wr0ng" not in str(finding)


def test_a_password_that_is_missing(server: RedisServer, context: Context) -> None:
    server.client.config_set("requirepass", "right")

    [finding] = broker.answers(context)

    assert finding.level is Level.PROBLEM
    assert "it requires a password" in str(finding)
    assert "Add it to REDIS_URL" in str(finding)


def test_a_user_who_may_not_ask(server: RedisServer, context: Context, settings: Settings) -> None:
    server.client.acl_setuser(
        "me", enabled=True, passwords=["+s3cret"], keys=["*"], commands=["+@all", "-info"]
    )
    settings.CELERY_BROKER_URL = server.url.replace("redis://", "redis://me:s3cret@")

    [finding] = broker.answers(context)

    assert finding.level is Level.NOTE
    assert "may not use INFO" in str(finding)
    assert "s3cret" not in str(finding)
    assert [*broker.eviction(context), *broker.persistence(context)] == []


def test_one_that_is_full(server: RedisServer, project: Project) -> None:
    project.write(".env", project.read(".env").replace(project.redis_url, server.url))
    server.client.config_set("maxmemory", 2_000_000)
    with pytest.raises(OutOfMemoryError):
        while True:
            server.client.rpush("much", "x" * 100_000)

    problem = only_problem(project)

    assert "its memory is full" in problem
    assert "`redis-cli CONFIG SET maxmemory`" in problem


def test_a_replica(server: RedisServer, project: Project) -> None:
    project.write(".env", project.read(".env").replace(project.redis_url, server.url))
    server.client.replicaof("127.0.0.1", "1")

    problem = only_problem(project)

    assert "it is a read-only replica" in problem
    assert "Put the address of its primary, 127.0.0.1:1, into REDIS_URL." in problem


def test_one_that_is_not_there(context: Context, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    [yours] = broker.answers(context)
    assert yours.level is Level.PROBLEM
    assert "correct REDIS_URL" in str(yours)

    context.has_redis_of_its_own = True
    [production] = broker.answers(context)
    assert production.level is Level.PROBLEM
    assert "Set REDIS_URL" in str(production)

    settings.DEBUG = True
    [development] = broker.answers(context)
    assert development.level is Level.NOTE
    assert "python manage.py dev" in str(development)

    context.stack = 123
    [broken] = broker.answers(context)
    assert broken.level is Level.PROBLEM
    assert "process 123" in str(broken)


def test_one_that_says_nothing(context: Context, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"

        [finding] = broker.answers(context)

    assert finding.level is Level.PROBLEM
    assert "Timeout" in str(finding)
