"""docs/durable-tasks.md says what is so: its example runs, its table is that of the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import StartWorker
from django_celery.durable import states
from django_celery.durable.states import Move, Status
from tests.processes import ROOT, RedisServer

PAGE = (ROOT / "docs" / "durable-tasks.md").read_text()


def test_the_example_runs(
    redis_server: RedisServer, start_worker: StartWorker, worker_database: str, tmp_path: Path
) -> None:
    models, tasks, view = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for block in (models, tasks):
        path = tmp_path / block.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(block)
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.durable.settings",
        "MORE_APPS": "receipts",
        "PYTHONPATH": str(tmp_path),
        "DATABASE_URL": worker_database,
    }

    def manage(*command: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ | environment,
            check=True,
        )

    manage("check", "--fail-level", "WARNING")
    manage("makemigrations", "receipts", "--verbosity", "0")
    manage("migrate", "receipts", "--verbosity", "0")
    worker = start_worker("--concurrency", "1", environment=environment)
    manage("shell", "--no-imports", "--command", view)

    worker.wait_for("receipts.tasks.send_receipt[").wait_for("succeeded")
    assert "To: anna@example.com" in worker.output
    assert re.search(r"Message-ID: <[0-9a-f-]{36}@example.com>", worker.output)


def test_the_table_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\w+) \| (\w+) \|", PAGE, re.MULTILINE)
    documented = {
        name: Move(tuple(Status) if before == "any" else (Status(before),), Status(after))
        for name, before, after in rows
    }

    assert documented == {
        name: move for name, move in vars(states).items() if isinstance(move, Move)
    }
