"""Where settings are shown, no address shows its password."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.http import HttpRequest
from django.views.debug import get_exception_reporter_filter
from pytest_django import Settings

from tests import ROOT
from workshift.secrets import without_passwords

ADDRESS = "redis://user:hunter2@example.com:6379/0"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (ADDRESS, "redis://user:********@example.com:6379/0"),
        (
            "rediss://:hunter2@a/0?ssl_cert_reqs=required",
            "rediss://:********@a/0?ssl_cert_reqs=required",
        ),
        ("postgres://u:hunt/e@r:2@db/name", "postgres://u:********@db/name"),
        (
            f"mysite.results:Store+{ADDRESS}",
            "mysite.results:Store+redis://user:********@example.com:6379/0",
        ),
        ({"a": [(ADDRESS,)]}, {"a": [["redis://user:********@example.com:6379/0"]]}),
        # Nothing to hide.
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("https://example.com/a:b?c=d@e", "https://example.com/a:b?c=d@e"),
        ("anna@example.com", "anna@example.com"),
        (5, 5),
    ],
)
def test_passwords_in_addresses_are_starred_out(given: object, shown: object) -> None:
    assert without_passwords(given) == shown


# What `celery report`, `celery inspect report` and `celery inspect conf` show.
SHOW = """
from types import SimpleNamespace
from celery.worker.control import conf
from tests.mysite.celery import app
print(app.bugreport(), conf(SimpleNamespace(app=app)), conf(SimpleNamespace(app=app), True))
"""


def test_celery_shows_no_password_of_the_broker() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": ADDRESS},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )

    assert shown.stdout.count("REDIS_URL") == 3
    assert shown.stdout.count("example.com") > 6
    assert "hunter2" not in shown.stdout


def test_the_page_about_an_error_shows_no_password(settings: Settings) -> None:
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "workshift.secrets.ReporterFilter"
    settings.REDIS_URL = ADDRESS
    request = HttpRequest()
    # What the process was started with is shown with the request.
    request.META = {"DATABASE_URL": "postgres://user:hunter2@db/name"}
    shown: Any = get_exception_reporter_filter(request)

    text = f"{shown.get_safe_settings()} {shown.get_safe_request_meta(request)}"

    assert "REDIS_URL" in text
    assert "DATABASE_URL" in text
    assert "hunter2" not in text
