"""What the Celery app says of its broker."""

import os

import pytest
from pytest_django import Settings

from workshift.celery import broker, shell_variables
from workshift.env import Environment

OWN = "redis://localhost:6401/0"

ELSEWHERE = "redis://redis.example.com:6401/0"

RABBITMQ = "amqp://me:s3cret@127.0.0.1:5672/vhost;amqp://127.0.0.2"


@pytest.mark.parametrize(
    ("url", "results", "expected"),
    [
        (OWN, OWN, 6401),
        (ELSEWHERE, ELSEWHERE, None),
        (RABBITMQ, None, None),
        (RABBITMQ, f"workshift.celery.results:ResultStore+{OWN}", 6401),
    ],
)
def test_development_starts_a_redis_only_if_something_is_to_be_in_it(
    url: str,
    results: str | None,
    expected: int | None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Environment, "ENVIRON", {"REDIS_PORT": "6401"})
    settings.CELERY_BROKER_URL = url
    settings.CELERY_RESULT_BACKEND = results

    assert broker.own_redis_port() == expected


def test_no_password_is_shown() -> None:
    assert broker.without_password(RABBITMQ) == "amqp://127.0.0.1:5672/vhost;amqp://127.0.0.2"


def test_a_variable_that_the_settings_have_read_is_not_foreign(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell_variables, "ignored", set())
    monkeypatch.setenv("CELERY_BROKER_URL", RABBITMQ)
    settings.CELERY_BROKER_URL = RABBITMQ

    shell_variables.set_aside()

    assert os.environ["CELERY_BROKER_URL"] == RABBITMQ
    assert not shell_variables.ignored
