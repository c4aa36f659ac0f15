from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from conftest import StartWorker
from tests.processes import RedisServer

PAGES = ["/", "/success/"]


def test_shows_an_empty_form(client: Client) -> None:
    page = client.get("/").content.decode()

    assert '<html lang="en">' in page
    assert '<input type="email" name="email"' in page
    assert '<textarea name="message" cols="40" rows="5"' in page
    assert "errorlist" not in page


def test_speaks_russian_to_a_russian_browser(client: Client) -> None:
    page = client.get("/", headers={"accept-language": "ru"}).content.decode()

    assert '<html lang="ru">' in page
    assert '<label for="id_message">Сообщение</label>' in page


def test_the_language_switch_stays_on_the_page_and_is_remembered(client: Client) -> None:
    page = client.get("/success/").content.decode()
    assert '<input type="hidden" name="next" value="/success/">' in page

    answer = client.post(reverse("set_language"), {"language": "ru", "next": "/success/"})

    assert answer["Location"] == "/success/"
    assert '<html lang="ru">' in client.get("/success/").content.decode()


@pytest.mark.parametrize(
    ("email", "message", "error"),
    [
        ("", "Hello", "Enter your e-mail address."),
        ("anna", "Hello", "Enter an e-mail address such as anna@example.com."),
        ("anna@example.com", "", "Write a message."),
        ("anna@example.com", "x" * 5_001, "Write at most 5000 characters: this is 5001."),
    ],
)
def test_bad_input_shows_the_form_with_its_errors_and_sends_nothing(
    client: Client, redis_server: RedisServer, email: str, message: str, error: str
) -> None:
    answer = client.post("/", {"email": email, "message": message})

    assert answer.status_code == HTTPStatus.OK
    page = answer.content.decode()
    assert error in page
    assert message in page
    assert redis_server.client.keys() == []


def test_a_valid_message_is_sent_in_the_background(
    client: Client, redis_server: RedisServer, start_worker: StartWorker
) -> None:
    answer = client.post("/", {"email": "anna@example.com", "message": "Hello"})

    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"] == "/success/"
    # Nobody has worked on it so far, as no worker ran: the page did not wait.
    worker = start_worker("--concurrency=1")
    worker.wait_for("To: anna@example.com")
    worker.wait_for("Thank you!")


def test_the_success_page_leads_back_to_the_form(client: Client) -> None:
    assert '<a class="button" href="/">' in client.get("/success/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_carries_the_content_security_policy(client: Client, page: str) -> None:
    policy = client.get(page)["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("method", "address"), [("put", "/"), ("delete", "/"), ("post", "/success/")]
)
def test_refuses_methods_that_a_page_does_not_know(
    client: Client, method: str, address: str
) -> None:
    assert client.generic(method.upper(), address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_post_without_the_token_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/", {"email": "anna@example.com"})

    assert answer.status_code == HTTPStatus.FORBIDDEN
