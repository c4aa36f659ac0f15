"""Accounts and sessions of the admin."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

LOGIN = "/admin/login/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(settings: Settings) -> dict[str, str]:
    """Name and password of somebody who may enter the admin."""
    # A hash that takes no second.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = {"username": "anna", "password": "correct horse"}
    User.objects.create_superuser(**account)
    return account


@pytest.mark.parametrize(
    "target",
    ["https://attacker.example/", "//attacker.example/", "/\\attacker.example", "javascript:1"],
)
def test_the_login_leads_to_no_other_site(
    client: Client, account: dict[str, str], target: str
) -> None:
    answer = client.post(LOGIN, {**account, "next": target})

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/profile/"


def test_a_session_from_before_the_login_is_of_no_use(
    client: Client, account: dict[str, str]
) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    known = session.session_key
    assert known

    client.post(LOGIN, account)

    assert client.get("/admin/").status_code == 200
    attacker = Client()
    attacker.cookies["sessionid"] = known
    assert attacker.get("/admin/").status_code == 302
