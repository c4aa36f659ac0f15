"""docs/debugging.md: what it says of the editor's configurations and of py-spy."""

import json
import os
import re

import pytest
from workshift.testing.processes import eventually

from tests import ROOT
from tests.repository.docs.commands import sign_of_life
from tests.repository.stack.clone import Clone

TEXT = (ROOT / ".vscode/launch.json").read_text()

LAUNCH = json.loads(re.sub(r"^\s*//.*", "", TEXT, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["web", "worker", "redis"])
def test_a_configuration_starts_its_process(clone: Clone, with_redis: str, name: str) -> None:
    configuration = next(one for one in LAUNCH["configurations"] if one["name"] == name)
    assert configuration["program"] == "${workspaceFolder}/manage.py"
    command = " ".join(["manage.py", *configuration["args"]])

    # A port that nobody holds, and for the worker a Redis that is there.
    if name == "worker":
        clone.manage("runredis", PATH=with_redis).wait_for("Redis is ready")
    arguments = [*configuration["args"], *(["0"] if name == "web" else [])]
    process = clone.manage(*arguments, PATH=with_redis)

    written = sign_of_life(command)
    assert written
    process.wait_for(written)


def test_the_compound_names_what_there_is() -> None:
    [compound] = LAUNCH["compounds"]
    assert set(compound["configurations"]) == {one["name"] for one in LAUNCH["configurations"]}


@pytest.mark.slow
def test_py_spy_finds_the_task(clone: Clone, with_redis: str) -> None:
    clone.manage("runredis", PATH=with_redis).wait_for("Redis is ready")
    worker = clone.manage("runworker", "-l", "info", PATH=with_redis, FEEDBACK_DELAY_SECONDS="60")
    worker.wait_for("Generation 1 is ready")
    row = 'Feedback.objects.create(email="anna@example.com", message="", language="en")'
    code = f"from feedback.models import Feedback; {row}"
    assert clone.manage("shell", "--no-imports", "-c", code, PATH=with_redis).wait() == 0
    worker.wait_for("] received")

    where = ["--subprocesses", "--pid", str(worker.pid)]

    def dump() -> str:
        process = clone.run(".venv/bin/uvx", "py-spy", "dump", *where)
        process.wait()
        return process.output

    eventually(lambda: "send_feedback_email_task (feedback/tasks.py" in dump())

    # It draws, so it wants a terminal.
    command = " ".join([".venv/bin/uvx", "py-spy", "top", *where])
    top = clone.run("script", "--quiet", "--flush", "--command", command, os.devnull)
    top.wait_for("send_feedback_email_task (feedback/tasks.py")
    top.stop()
