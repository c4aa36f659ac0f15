"""The system checks find the mistakes in Celery's settings, and nothing in ours."""

import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from tests import ROOT
from tests.reload.project import Project
from workshift.testing.processes import DEADLINE


def messages(**changes: Any) -> list[CheckMessage]:
    """What the checks say with these settings in the place of ours."""
    with override_settings(**changes):
        return run_checks(tags=["celery"])


def transport(**options: Any) -> dict[str, Any]:
    """Our transport options without a visibility timeout, and with these."""
    ours = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS}
    del ours["visibility_timeout"]
    return {**ours, **options}


def test_our_own_settings_pass() -> None:
    assert messages() == []


@pytest.mark.parametrize(
    ("misspelt", "valid"),
    [
        ("CELERY_TASK_ACK_LATE", "CELERY_TASK_ACKS_LATE"),
        ("CELERY_PREFETCH_MULTIPLIER", "CELERY_WORKER_PREFETCH_MULTIPLIER"),
        ("CELERY_TIME_LIMIT", "CELERY_TASK_TIME_LIMIT"),
        ("CELERY_BROKER", "CELERY_BROKER_URL"),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_valid_one(misspelt: str, valid: str) -> None:
    (message,) = messages(**{misspelt: 1})

    assert message.id == "celery.W004"
    assert message.msg.startswith(f"{misspelt} is not a setting")
    assert message.hint
    assert message.hint.startswith(f"Did you mean {valid}?")


def test_an_unknown_setting_without_a_near_one_is_named_all_the_same() -> None:
    (message,) = messages(CELERY_XYZZY_QQ=1)

    assert message.id == "celery.W004"
    assert message.hint
    assert message.hint.startswith("If another package reads it")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CELERY_ACKS_LATE", "CELERY_TASK_ACKS_LATE"),
        ("CELERYD_CONCURRENCY", "CELERY_WORKER_CONCURRENCY"),
        ("CELERYBEAT_SCHEDULE", "CELERY_BEAT_SCHEDULE"),
        ("CELERY_TASK_RESULT_EXPIRES", "CELERY_RESULT_EXPIRES"),
    ],
)
def test_an_old_name_is_answered_with_the_new_one(old: str, new: str) -> None:
    (message,) = messages(**{old: 1})

    assert message.id == "celery.E002"
    assert message.hint == f"Rename it to {new}."


def test_a_setting_of_celerys_django_support_is_known() -> None:
    assert messages(CELERY_DB_REUSE_MAX=1) == []


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"CELERY_TASK_TIME_LIMIT": None}, ["celery.W001"]),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": 330}, ["celery.E003"]),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": 329}, []),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": None}, []),
        ({"CELERY_BROKER_TRANSPORT_OPTIONS": transport(visibility_timeout=330)}, ["celery.E004"]),
        ({"CELERY_BROKER_TRANSPORT_OPTIONS": transport(visibility_timeout=331)}, []),
        # Without a timeout of ours kombu takes an hour.
        ({"CELERY_BROKER_TRANSPORT_OPTIONS": transport()}, []),
        (
            {
                "CELERY_BROKER_TRANSPORT_OPTIONS": transport(),
                "CELERY_TASK_TIME_LIMIT": 3600,
            },
            ["celery.E004"],
        ),
        # RabbitMQ knows no visibility timeout.
        (
            {
                "CELERY_BROKER_TRANSPORT_OPTIONS": transport(visibility_timeout=1),
                "CELERY_BROKER_URL": "amqp://127.0.0.1",
            },
            [],
        ),
    ],
)
def test_time_limits_must_fit_each_other(changes: dict[str, Any], ids: list[str]) -> None:
    assert [message.id for message in messages(**changes)] == ids


@pytest.mark.parametrize(
    ("query", "options", "ids"),
    [
        ("", None, ["celery.E006"]),
        ("?ssl_cert_reqs=none", None, ["celery.E006"]),
        ("?ssl_cert_reqs=optional", None, ["celery.E006"]),
        ("?ssl_cert_reqs=required", None, []),
        ("?ssl_cert_reqs=CERT_REQUIRED", None, []),
        ("", {"ssl_cert_reqs": ssl.CERT_REQUIRED}, []),
        ("", {"ssl_cert_reqs": ssl.CERT_NONE}, ["celery.E006"]),
        ("", True, ["celery.E006"]),
    ],
)
def test_tls_must_verify_the_certificate(query: str, options: Any, ids: list[str]) -> None:
    found = messages(
        CELERY_BROKER_URL=f"rediss://:hunter2@example.com:6379/0{query}",
        CELERY_BROKER_USE_SSL=options,
    )

    assert [message.id for message in found] == ids
    assert "hunter2" not in str(found)


def test_the_result_backend_must_verify_the_certificate_too() -> None:
    backend = settings.CELERY_RESULT_BACKEND.partition("+")[0]

    (message,) = messages(CELERY_RESULT_BACKEND=f"{backend}+rediss://example.com/0")

    assert message.id == "celery.E006"
    assert message.msg.startswith("CELERY_RESULT_BACKEND")


def test_eager_mode_is_for_tests() -> None:
    assert messages(CELERY_TASK_ALWAYS_EAGER=True) == []


def test_eager_mode_outside_tests_is_an_error() -> None:
    # In a process of its own: here, a test is running.
    program = (
        "from django.core.management import execute_from_command_line as run; "
        "from django.conf import settings; settings.CELERY_TASK_ALWAYS_EAGER = True; "
        "run(['manage.py', 'check'])"
    )
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=DEADLINE,
    )

    assert process.returncode == 1
    assert "celery.E005" in process.stderr


@pytest.mark.parametrize("imports", ["", "from .celery import app"])
def test_the_settings_are_read_by_the_app_whether_it_is_imported_or_not(
    tmp_path: Path, imports: str
) -> None:
    project = Project(tmp_path / "project", "redis://127.0.0.1:1/0")
    project.write("mysite/__init__.py", imports)

    assert "no issues" in check(project)


def test_a_project_without_celery_is_told_nothing_of_it(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", "redis://127.0.0.1:1/0")
    project.write("mysite/__init__.py", "")
    (project.folder / "mysite/celery.py").unlink()
    settings = project.read("mysite/settings.py")
    settings = settings.replace('    "workshift.durable",\n', "")
    project.write("mysite/settings.py", settings.replace("CELERY_TASK_TIME_LIMIT", "OTHER"))

    assert "no issues" in check(project)


def check(project: Project) -> str:
    """Return what `manage.py check` writes in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=project.folder,
        env={k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=DEADLINE,
    ).stdout
