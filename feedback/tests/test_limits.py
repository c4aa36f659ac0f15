from http import HTTPStatus

import pytest
from django.core.cache import caches
from django.test import Client, RequestFactory
from pytest_django import Settings
from workshift.testing.processes import free_port

from feedback.limits import visitor
from feedback.models import Feedback

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache(settings: Settings) -> None:
    """No limit but that of the test, and nothing counted yet."""
    settings.FEEDBACK_PER_VISITOR = 0
    settings.FEEDBACK_PER_ADDRESS = 0
    caches["limits"].clear()


def post(client: Client, email: str = "anna@example.com", ip: str = "192.0.2.1") -> int:
    """Send a message; return the status of the answer."""
    answer = client.post("/", {"email": email, "message": "Hello"}, REMOTE_ADDR=ip)
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        page = answer.content.decode()
        assert "There were too many messages within an hour" in page
        assert "Hello</textarea>" in page
    return answer.status_code


def test_limits_the_messages_of_a_visitor(client: Client, settings: Settings) -> None:
    settings.FEEDBACK_PER_VISITOR = 2

    answers = [post(client, f"anna{number}@example.com") for number in range(4)]

    assert answers == [302, 302, 429, 429]
    assert Feedback.objects.count() == 2
    assert post(client, ip="192.0.2.2") == HTTPStatus.FOUND


def test_limits_the_messages_to_an_address(client: Client, settings: Settings) -> None:
    settings.FEEDBACK_PER_ADDRESS = 2

    addresses = ["anna@example.com", "ANNA@example.com", "anna@EXAMPLE.com"]
    answers = [post(client, email, f"192.0.2.{n}") for n, email in enumerate(addresses)]

    assert answers == [302, 302, 429]
    assert post(client, "bob@example.com") == HTTPStatus.FOUND


def test_bad_input_does_not_count(client: Client, settings: Settings) -> None:
    settings.FEEDBACK_PER_VISITOR = 1

    assert post(client, "anna") == HTTPStatus.OK
    assert post(client) == HTTPStatus.FOUND


def test_there_is_no_limit_while_the_cache_is_away(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FEEDBACK_PER_VISITOR = 1
    settings.CACHES = {
        "limits": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }

    assert [post(client), post(client)] == [302, 302]
    assert "The cache cannot count messages" in caplog.text


@pytest.mark.parametrize(
    ("behind_proxy", "remote", "forwarded", "who"),
    [
        (False, "192.0.2.1", None, "192.0.2.1"),
        # What a visitor claims counts for nothing.
        (False, "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        (True, "192.0.2.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (True, "192.0.2.1", None, "192.0.2.1"),
        (False, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (False, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (True, "192.0.2.1", "198.51.100.1:4711", "198.51.100.1"),
        (True, "192.0.2.1", "[2001:db8:1:2::3]:4711", "2001:db8:1:2::/64"),
        (True, "192.0.2.1", "2001:db8:1:2::3", "2001:db8:1:2::/64"),
        (False, "", None, ""),
        (True, "", "nonsense", "nonsense"),
    ],
)
def test_who_the_visitor_is(
    settings: Settings, remote: str, forwarded: str | None, who: str, *, behind_proxy: bool
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    headers = {"x-forwarded-for": forwarded} if forwarded else {}

    assert visitor(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)) == who
