"""Everything at once, at random, under load: each task is accounted for.

The seed is printed; `SEED=123 ./scripts/test -m slow -k chaos` repeats a run.
"""

import faulthandler
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reload.chaos.accounting import Log, usage_at_rest, usage_comes_back_to
from tests.reload.chaos.actions import Chaos
from tests.reload.chaos.code import prepare
from tests.reload.project import Project, is_alive
from workshift.testing import programs
from workshift.testing.processes import RedisServer, free_port


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that can be killed: what it has said yes to is on disk."""
    command = [str(programs.redis()), "--bind", "127.0.0.1", "--appendonly", "yes"]
    server = RedisServer([*command, "--appendfsync", "always", "--port"], free_port(), tmp_path)
    server.start()
    yield server
    server.stop()


# 18 are each action once.
@pytest.mark.parametrize("count", [18, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_task_is_accounted_for(
    tmp_path: Path, redis_server: RedisServer, broker: RedisServer, seed: int, count: int
) -> None:
    # The long form takes longer than a test that hangs is given (faulthandler_timeout); each of
    # its waits has a deadline of its own.
    faulthandler.cancel_dump_traceback_later()
    project = Project(tmp_path / "project", broker.url, probe_url=redis_server.url)
    prepare(project)
    with project.worker() as worker:
        chaos = Chaos(project, worker, broker, seed)
        chaos.run(count // 3)
        chaos.calm_down()
        before = usage_at_rest(worker)
        chaos.run(count - count // 3)
        chaos.calm_down()
        chaos.wait_until_nothing_is_left()
        assert usage_comes_back_to(before, worker)
        processes = worker.processes()
        assert worker.stop() == 0
    assert [pid for pid in processes if is_alive(pid)] == []
    # Hours later, an error is understood from what came before it.
    (tmp_path / "worker.log").write_text(worker.output)
    ledger, log = chaos.ledger, Log(worker.lines)
    lost, repeated, kills = ledger.lost(), ledger.repeated(), chaos.generations_killed
    print(f"{ledger.count} tasks: {len(lost)} lost, {len(repeated)} run again by {kills} kills")
    assert ledger.ran_although_revoked() == set()
    # A kill may lose the one message that Redis has handed out and not yet written to `unacked`.
    assert len(lost) <= kills, lost
    # And it runs again at most what the pool's two processes were doing.
    assert len(repeated) <= 2 * kills, repeated
    assert log.unprovoked() == []
    assert log.deaths() <= kills + chaos.zygotes_killed
