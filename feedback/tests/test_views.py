from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from workshift.durable.states import Status

from feedback.models import Feedback

MESSAGE = {"email": "anna@example.com", "message": "Hello"}

# Well-formed, and the id of no message. Always the same, as tests that run side by side need.
NO_MESSAGE = "5f0f6d6e-2c5b-4c8e-9d52-0b6a5a4f3e21"


@pytest.fixture
def feedback(db: None) -> Feedback:
    """A message that waits for a worker."""
    return Feedback.objects.create(**MESSAGE, language="en")


def address(feedback: Feedback) -> str:
    """Return the address of the success page."""
    return f"/success/{feedback.pk}/"


def test_shows_an_empty_form(client: Client) -> None:
    page = client.get("/").content.decode()

    assert '<html lang="en">' in page
    assert '<input type="email" name="email"' in page
    assert '<textarea name="message" cols="40" rows="5"' in page
    assert "errorlist" not in page


@pytest.mark.russian
def test_speaks_russian_to_a_russian_browser(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "ru"}).content.decode()

    assert '<html lang="ru">' in page
    assert '<label for="id_message">Сообщение</label>' in page


@pytest.mark.russian
def test_the_language_switch_stays_on_the_page_and_is_remembered(
    client: Client, feedback: Feedback
) -> None:
    here = address(feedback)
    page = client.get(here).content.decode()
    assert f'<input type="hidden" name="next" value="{here}">' in page

    answer = client.post(reverse("set_language"), {"language": "ru", "next": here})

    assert answer["Location"] == here
    assert '<html lang="ru">' in client.get(here).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "message", "error"),
    [
        ("", "Hello", "Enter your e-mail address."),
        ("anna", "Hello", "Enter an e-mail address such as anna@example.com."),
        ("anna@example.com", "", "Write a message."),
        ("anna@example.com", "x" * 5_001, "Write at most 5000 characters: you wrote 5001."),
    ],
)
def test_bad_input_shows_the_form_with_its_errors_and_saves_nothing(
    client: Client, email: str, message: str, error: str
) -> None:
    answer = client.post("/", {"email": email, "message": message})

    assert answer.status_code == HTTPStatus.OK
    page = answer.content.decode()
    assert error in page
    assert message in page
    assert not Feedback.objects.exists()


@pytest.mark.django_db
def test_what_a_program_filled_in_is_not_saved(client: Client) -> None:
    assert 'name="website"' in client.get("/").content.decode()

    page = client.post("/", {**MESSAGE, "website": "https://example.com"}).content.decode()

    assert "A hidden field was filled in" in page
    assert "Hello</textarea>" in page
    assert "https://example.com" not in page
    assert not Feedback.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", pytest.param("ru", marks=pytest.mark.russian)])
def test_a_valid_message_is_saved_and_leads_to_its_own_page(client: Client, language: str) -> None:
    answer = client.post("/", MESSAGE, headers={"accept-language": language})

    feedback = Feedback.objects.get()
    assert (feedback.email, feedback.message) == ("anna@example.com", "Hello")
    assert (feedback.language, feedback.status) == (language, Status.PENDING)
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"] == address(feedback)


@pytest.mark.parametrize(
    ("values", "language", "words"),
    [
        ({}, "en", "Queued"),
        pytest.param({}, "ru", "В очереди", marks=pytest.mark.russian),  # noqa: RUF001 -- Cyrillic
        ({"status": Status.RUNNING, "attempts": 1}, "en", "Sending"),
        (
            {"attempts": 2, "last_error": "SMTPDataError: (451, secret)"},
            "en",
            "The mail server did not accept the e-mail.",
        ),
        ({"status": Status.DONE}, "en", "Sent"),
        pytest.param({"status": Status.DONE}, "ru", "Отправлено", marks=pytest.mark.russian),
        ({"status": Status.FAILED, "attempts": 10}, "en", "Failed"),
    ],
)
@pytest.mark.parametrize("part", ["", "state/"])
def test_says_where_the_message_stands(
    client: Client,
    feedback: Feedback,
    values: dict[str, object],
    language: str,
    words: str,
    part: str,
) -> None:
    Feedback.objects.update(finished_at=timezone.now(), **values)
    feedback.refresh_from_db()

    answer = client.get(address(feedback) + part, headers={"accept-language": language})

    page = answer.content.decode()
    assert words in page
    assert "secret" not in page
    assert ("data-final" in page) == feedback.is_final
    # No script and no refresh when there is nothing more to learn.
    if not part:
        assert ("live.js" in page) == ('http-equiv="refresh"' in page) != feedback.is_final
        assert 'aria-live="polite"' in page
        assert '<a class="button" href="/">' in page
    assert "no-store" in answer["Cache-Control"]


def test_the_state_costs_one_query_by_the_primary_key(
    client: Client, feedback: Feedback, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1) as queries:
        client.get(address(feedback) + "state/")

    assert '"id" = ' in queries.captured_queries[0]["sql"]


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["", "state/"])
@pytest.mark.parametrize(
    "pk",
    [
        NO_MESSAGE,
        NO_MESSAGE.upper(),
        NO_MESSAGE.replace("-", ""),
        "0",
        "%00",
        "../../etc/passwd",
        "x" * 5_000,
        "\N{SNOWMAN}",
    ],
)
def test_an_address_that_leads_to_no_message_is_not_found(
    client: Client, pk: str, part: str
) -> None:
    answer = client.get(f"/success/{pk}/{part}")

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "Page not found" in answer.content.decode()


@pytest.mark.parametrize("part", ["", "state/"])
def test_every_page_carries_the_content_security_policy(
    client: Client, feedback: Feedback, part: str
) -> None:
    for page in ("/", address(feedback) + part):
        policy = client.get(page)["Content-Security-Policy"]

        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "nonsense"])
def test_refuses_methods_that_a_page_does_not_know(
    client: Client, feedback: Feedback, method: str
) -> None:
    here = address(feedback)
    for page in ("/", here, here.rstrip("/"), f"{here}state/", f"{here}state"):
        answer = client.generic(method.upper(), page)
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_post_without_the_token_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/", {"email": "anna@example.com"})

    assert answer.status_code == HTTPStatus.FORBIDDEN
