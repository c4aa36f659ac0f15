"""What another project has left in the shell neither moves the tasks to its Redis nor stops us."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests import ROOT
from tests.reload.conftest import project
from tests.reload.project import Project
from tests.tasks import add
from workshift.celery import shell_variables as foreign
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import DEADLINE, RedisServer, free_port

__all__ = ["project"]

# Nobody listens there.
ELSEWHERE = "redis://127.0.0.1:1/0"

VARIABLES = {
    "BROKER_URL": ELSEWHERE,
    "CELERY_APP": "theirs",
    "CELERY_BROKER": ELSEWHERE,
    "CELERY_BROKER_READ_URL": ELSEWHERE,
    "CELERY_BROKER_URL": ELSEWHERE,
    "CELERY_BROKER_WRITE_URL": ELSEWHERE,
    "CELERY_CONFIG_MODULE": "theirs.celeryconfig",
    "CELERY_LOADER": "theirs.loader.Loader",
    "CELERY_RESULT_BACKEND": ELSEWHERE,
    "CONFIG_MODULE": "theirs.celeryconfig",
    "LOADER": "theirs.loader.Loader",
    "RESULT_BACKEND": ELSEWHERE,
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a management command in a shell with these variables."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


def test_a_plain_worker_uses_our_redis(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    start_worker(environment=VARIABLES)

    assert add.delay(40, 2).get(timeout=DEADLINE) == 42


def test_a_generation_uses_our_redis(project: Project) -> None:
    with project.starting_worker(**VARIABLES) as worker:
        worker.wait_for("Generation 1 is ready")
        assert project.version() == 0


def test_a_command_sends_to_our_redis_and_says_what_it_ignores() -> None:
    code = (
        "from celery import current_app as app; print(app.conf.broker_url, "
        "app.conf.broker_read_url, app.conf.broker_write_url, app.conf.result_backend)"
    )
    done = manage("shell", "-v", "0", "-c", code, **VARIABLES)
    checked = manage("check", **VARIABLES)

    assert done.stdout.split() == [
        *[settings.REDIS_URL] * 3,
        f"workshift.celery.results:ResultStore+{settings.REDIS_URL}",
    ]
    assert "(celery.W002) CELERY_BROKER_READ_URL and CELERY_BROKER_URL and" in checked.stderr
    assert "unset it in this shell" in checked.stderr


def test_what_the_command_line_asks_for_counts() -> None:
    port = free_port()
    done = subprocess.run(
        f"{sys.executable} -m celery -A tests.mysite -b redis://127.0.0.1:{port}/0 status".split(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )

    assert f"connecting to 127.0.0.1:{port}" in done.stdout + done.stderr


def test_nothing_is_said_where_nothing_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "ignored", set())
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    assert list(foreign.variables_are_ours()) == []

    monkeypatch.setenv("PYTHONWARNINGS", "default,error::DeprecationWarning")
    [warning] = foreign.variables_are_ours()
    assert "PYTHONWARNINGS" in str(warning)


@pytest.mark.parametrize("name", ["theirs.settings", "tests.mysite.setings", "theirs", ".settings"])
def test_settings_that_are_not_there_are_named_with_the_variable(name: str) -> None:
    for arguments in (["check"], ["runworker"], ["doctor"]):
        done = manage(*arguments, DJANGO_SETTINGS_MODULE=name)

        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith(f"DJANGO_SETTINGS_MODULE names {name}, which does not exist:")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PYTHONSAFEPATH", "1"),
        ("PYTHONOPTIMIZE", "2"),
        ("PYTHONIOENCODING", "ascii"),
        ("VIRTUAL_ENV", "/nowhere"),
    ],
)
def test_commands_run_all_the_same(variable: str, value: str) -> None:
    assert manage("check", **{variable: value}).returncode == 0
