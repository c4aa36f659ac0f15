"""The checks of what a durable task relies on."""

import pytest
from django.apps import apps
from django.core.checks import CheckMessage
from django.db import models
from django.test.utils import isolate_apps
from pytest_django import Settings

from tests.durable.parcels.models import Parcel
from workshift.durable.checks import check_durable_tasks
from workshift.durable.models import DurableTask

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take parcels for the only model of the project."""
    monkeypatch.setattr(apps, "get_models", lambda: [Parcel])
    monkeypatch.setattr(Parcel.celery_task, "time_limit", None)


def messages() -> list[tuple[str | None, str]]:
    """What the check says, with its id."""
    found: list[CheckMessage] = check_durable_tasks()
    return [(message.id, message.msg) for message in found]


def test_the_projects_own_settings_are_sound() -> None:
    assert messages() == []


@pytest.mark.parametrize(
    "name",
    [
        "DURABLE_ATTEMPTS",
        "DURABLE_BACKOFF_SECONDS",
        "DURABLE_GRACE_SECONDS",
        "DURABLE_SWEEP_SECONDS",
    ],
)
def test_a_number_that_makes_no_sense(settings: Settings, name: str) -> None:
    setattr(settings, name, 0)

    assert messages() == [("durable.E001", f"{name} is 0; it must be more than 0.")]


def test_a_sweep_that_comes_too_rarely(settings: Settings) -> None:
    settings.DURABLE_SWEEP_SECONDS = 361

    ((check_id, text),) = messages()
    assert check_id == "durable.W001"
    assert "DURABLE_SWEEP_SECONDS (361) is longer than DURABLE_LEASE_SECONDS (360)" in text


def test_a_lease_that_ends_before_the_hard_limit(settings: Settings) -> None:
    settings.DURABLE_LEASE_SECONDS = 330

    ((check_id, text),) = messages()
    assert check_id == "durable.E002"
    assert "(330) is not longer than CELERY_TASK_TIME_LIMIT (330)" in text


def test_a_limit_of_the_task_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Parcel.celery_task, "time_limit", 400)

    ((check_id, text),) = messages()
    assert check_id == "durable.E002"
    assert "the time limit of tests.durable.parcels.tasks.deliver (400)" in text


def test_no_hard_limit_at_all(settings: Settings) -> None:
    del settings.CELERY_TASK_TIME_LIMIT

    assert [check_id for check_id, _ in messages()] == ["durable.E002"]


@pytest.mark.parametrize("timeout", [None, 330])
def test_a_mail_server_that_may_be_silent_for_too_long(
    settings: Settings, timeout: int | None
) -> None:
    settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": {"timeout": timeout}}}

    ((check_id, text),) = messages()
    assert check_id == "durable.E003"
    assert f"The timeout of MAILERS['default'] ({timeout})" in text


@pytest.mark.filterwarnings("ignore:The EMAIL_")
@pytest.mark.parametrize(("timeout", "expected"), [(None, ["durable.E003"]), (10, [])])
def test_a_mail_server_in_the_settings_of_older_djangos(
    settings: Settings, timeout: int | None, expected: list[str]
) -> None:
    del settings.MAILERS
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST = "smtp.example.com"
    settings.EMAIL_TIMEOUT = timeout

    assert [check_id for check_id, _ in messages()] == expected


def test_a_project_of_an_older_django_that_names_no_mail_server(settings: Settings) -> None:
    del settings.MAILERS

    assert messages() == []


def test_a_schedule_without_the_sweep(settings: Settings) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"other": {"task": "other", "schedule": 1}}

    assert [check_id for check_id, _ in messages()] == ["durable.E005"]


@isolate_apps("workshift.durable")
def test_a_model_without_a_task_and_without_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    class Letter(DurableTask):
        text = models.TextField()

        class Meta:
            app_label = "durable"

        def __str__(self) -> str:
            return self.text

    monkeypatch.setattr(apps, "get_models", lambda: [Letter])

    (task, index) = check_durable_tasks()
    assert (task.id, index.id) == ("durable.W003", "durable.W002")
    assert task.hint == (
        "No function processes the rows of durable.Letter: decorate one in the app's tasks.py with "
        "@durable_task(Letter)."
    )
