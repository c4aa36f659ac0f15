"""Where settings are shown, no address shows its password."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.worker.control import conf
from django.http import HttpRequest
from django.views.debug import get_exception_reporter_filter
from pytest_django import Settings

from workshift.secrets import without_passwords

ADDRESS = "redis://user:hunter2@example.com:6379/0"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (ADDRESS, "redis://user:********@example.com:6379/0"),
        ("rediss://:hunter2@a/0?ssl_cert_reqs=required", "rediss://:********@a/0?ssl_cert_reqs=required"),
        ("postgres://u:hunt/e@r:2@db/name", "postgres://u:********@db/name"),
        (f"mysite.results:Store+{ADDRESS}", "mysite.results:Store+redis://user:********@example.com:6379/0"),
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


def test_celery_shows_no_password_of_the_broker(settings: Settings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = ADDRESS
    settings.CELERY_RESULT_BACKEND = f"workshift.celery.results:ResultStore+{ADDRESS}"
    with Celery(set_as_current=False) as app:
        app.config_from_object("django.conf:settings", namespace="CELERY")
        # `celery report`, `celery inspect report` and `celery inspect conf`.
        shown = [app.bugreport(), str(conf(SimpleNamespace(app=app), with_defaults=True))]

    for text in shown:
        assert "REDIS_URL" in text
        assert "example.com" in text
        assert "hunter2" not in text


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
