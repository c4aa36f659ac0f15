"""Ctrl-C while a task runs for longer than the worker lets it."""

import signal
from pathlib import Path

import redis
from workshift.testing.processes import eventually

from tests.repository.stack.clone import Clone, running


def test_a_long_grace_is_waited_for_and_the_task_is_given_back(
    clone: Clone, with_redis: str, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    code = f"from tests.repository.tasks import hang_once; hang_once.delay({str(begun)!r})"

    def patient(procfile: str) -> str:
        return procfile.replace("runworker", "runworker --include tests.repository.tasks --grace 6")

    with (
        clone.edited(clone.folder / "Procfile.dev", patient),
        running(clone, PATH=with_redis) as stack,
    ):
        assert clone.manage("shell", "-c", code).wait() == 0
        eventually(begun.exists)

        assert stack.interrupt() == 128 + signal.SIGINT

        stack.leaves_nothing()
        assert "1 task went back into the queue and runs again" in stack.output
        assert "sending SIGKILL" not in stack.output
        assert "Traceback" not in stack.output
    server = clone.manage("runredis", PATH=with_redis).wait_for("Redis is ready")
    with redis.Redis(port=clone.redis_port) as client:
        assert client.llen(f"{clone.variable('REDIS_PREFIX')}django_celery") == 1
        client.flushall()
    server.stop()
    assert "left unfinished" not in server.output
