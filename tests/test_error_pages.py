"""What a visitor sees when something goes wrong, in the design and the language of the site."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings

from django_celery.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    """Return a view that fails before it looks at the body of the request."""

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def form(request: HttpRequest) -> HttpResponse:
    """Take a form, with the token that every form must have."""
    return HttpResponse("taken")


urlpatterns = [
    path("broken/", raising(ZeroDivisionError("secret"))),
    path("forbidden/", raising(PermissionDenied("secret"))),
    path("suspicious/", raising(SuspiciousOperation("secret"))),
    path("form/", form),
    *urlpatterns,
]

PAGES = [
    ("get", "broken/", 500, "Something went wrong", "Что-то пошло не так"),
    ("get", "forbidden/", 403, "You cannot view this page", "Эта страница тебе недоступна"),
    ("get", "suspicious/", 400, "This request could not", "Запрос не удалось разобрать"),
    ("get", "nowhere/", 404, "Page not found", "Страница не найдена"),
    ("post", "form/", 403, "The form could not be sent", "Форму не удалось отправить"),
]


@pytest.fixture
def site(settings: Settings) -> Client:
    """A visitor of a site in production; there is no database in these tests."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    "language", ["en", pytest.param("ru", marks=pytest.mark.russian)], ids=["en", "ru"]
)
@pytest.mark.parametrize(("method", "address", "status", "english", "russian"), PAGES)
def test_an_error_has_a_page_of_the_site(
    site: Client, method: str, address: str, status: int, english: str, russian: str, language: str
) -> None:
    answer = getattr(site, method)(f"/{address}", headers={"accept-language": language})

    page = answer.content.decode()
    assert answer.status_code == status
    assert (russian if language == "ru" else english) in page
    assert f'<html lang="{language}">' in page
    assert '<link rel="stylesheet" href="/static/style.css">' in page
    assert '<a class="button" href="/">' in page
    assert "secret" not in page
    assert answer["Content-Security-Policy"]


@pytest.mark.parametrize(("address", "status"), [("broken/", 500), ("forbidden/", 403)])
def test_a_body_that_cannot_be_read_does_not_break_the_page(
    site: Client, address: str, status: int
) -> None:
    site.cookies["csrftoken"] = "t" * 32

    answer = site.generic("POST", f"/{address}", b"x", "multipart/form-data")

    assert answer.status_code == status


def test_a_developer_is_told_why_a_form_is_refused(site: Client, settings: Settings) -> None:
    settings.DEBUG = True

    page = site.post("/form/").content.decode()

    assert "CSRF cookie not set." in page


def test_a_developer_is_shown_no_password(site: Client, settings: Settings) -> None:
    settings.DEBUG = True
    settings.REDIS_URL = "redis://:hunter2@example.com:6379/0"

    page = site.get("/broken/").content.decode()

    assert "REDIS_URL" in page
    assert "hunter2" not in page
