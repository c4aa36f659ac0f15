"""`/up/metrics/`, and who may see what is wrong."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.health.conftest import PROBE, StartSite, migrate
from tests.mysite.letters.models import Letter
from workshift.durable.states import Status
from workshift.testing.processes import RedisServer

TOKEN = {"METRICS_TOKEN": "secret"}


def test_the_metrics_of_queues_and_rows(
    start_site: StartSite, own_redis: RedisServer, empty_database: str
) -> None:
    migrate(empty_database)
    site = start_site(REDIS_URL=own_redis.url, DATABASE_URL=empty_database, **TOKEN)
    allowed = {**PROBE, "Authorization": "Bearer secret"}
    own_redis.client.rpush("test:mysite", "a message", "another")

    assert site.probe("/up/metrics/")[0] == 401
    assert site.get("/up/metrics/", {**PROBE, "Authorization": "Bearer wrong"})[0].status == 401
    response, text = site.get("/up/metrics/", allowed)

    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert 'workshift_queue_messages{queue="mysite"} 2.0' in text
    assert 'workshift_durable_oldest_due_seconds{model="letters.Letter"} 0.0' in text
    assert 'workshift_durable_failed{model="letters.Letter"} 0.0' in text
    assert 'workshift_ready{what="database"} 1.0' in text
    assert 'workshift_ready{what="worker"} 0.0' in text

    # What gives no answer is left out, the rest is there.
    own_redis.stop()
    own_redis.start()
    assert 'workshift_ready{what="database"} 1.0' in site.get("/up/metrics/", allowed)[1]


def test_there_are_none_without_a_token(start_site: StartSite) -> None:
    assert start_site().probe("/up/metrics/")[0] == 404


@pytest.mark.django_db(transaction=True)
def test_how_long_rows_have_waited_and_how_many_failed() -> None:
    from workshift.health import metrics  # noqa: PLC0415 - needs prometheus-client.

    now = timezone.now()
    hour = timedelta(hours=1)
    letters = [
        # Hinted by the sweep just now, and waiting since an hour ago.
        Letter(text="waits", due_at=now + timedelta(seconds=1)),
        # Failed once; its next attempt is not due.
        Letter(text="later", due_at=now + hour),
        Letter(text="failed", status=Status.FAILED),
        Letter(text="done", status=Status.DONE),
    ]
    Letter.objects.bulk_create(letters)
    Letter.objects.filter(text="waits").update(updated_at=now - hour)
    Letter.objects.filter(text="later").update(updated_at=now - 9 * hour)

    [(age, failed)] = metrics.rows().values()

    assert 3600 <= age < 7200
    assert failed == 1


@pytest.mark.django_db(transaction=True)
def test_only_staff_sees_what_is_wrong(settings: Settings, redis_server: RedisServer) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    visitor, staff = Client(), Client()
    visitor.force_login(User.objects.create_user("visitor"))
    staff.force_login(User.objects.create_user("staff", is_staff=True))

    assert Client().get("/up/ready/").content == b"not ready\n"
    assert visitor.get("/up/ready/").content == b"not ready\n"
    seen = staff.get("/up/ready/").content.decode()
    assert "database    ok" in seen
    assert "worker      No worker answered within 1 s." in seen
    settings.DEBUG = True
    assert "No worker answered" in Client().get("/up/ready/").content.decode()
