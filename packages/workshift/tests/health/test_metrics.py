"""`/up/metrics/`, and who may see what is wrong."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.health.conftest import PROBE, StartSite
from tests.mysite.letters.models import Letter
from workshift.durable.states import Status
from workshift.testing.processes import RedisServer, eventually


def test_the_metrics_of_queues_and_rows(
    start_site: StartSite, own_redis: RedisServer, worker_database: str
) -> None:
    site = start_site(REDIS_URL=own_redis.url, DATABASE_URL=worker_database, METRICS_TOKEN="secret")
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

    own_redis.stop()

    def without_redis() -> str:
        _, text = site.get("/up/metrics/", allowed)
        return text if 'workshift_ready{what="broker"} 0.0' in text else ""

    # What gives no answer is left out, the rest is there.
    text = eventually(without_redis)
    assert "workshift_queue_messages{" not in text
    assert 'workshift_durable_failed{model="letters.Letter"} 0.0' in text


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
