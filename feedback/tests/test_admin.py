from http import HTTPStatus

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings
from workshift.durable.states import Status

from feedback.models import Feedback

LIST = "/admin/feedback/feedback/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """A hash that takes no second for each user."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def failed() -> Feedback:
    """A message that could not be sent."""
    feedback = Feedback.objects.create(
        id="4b7f7a39-5a3e-4b4e-9d3c-0c8f3a1b2c4d",
        email="anna@example.com",
        message="Hi",
        language="en",
    )
    Feedback.objects.update(status=Status.FAILED, attempts=10, last_error="SMTPDataError: no")
    return feedback


def send_again(client: Client) -> str:
    """Choose all messages and the action; return the page that follows."""
    chosen = [str(pk) for pk in Feedback.objects.values_list("pk", flat=True)]
    data = {"action": "send_again", "_selected_action": chosen}
    return client.post(LIST, data, follow=True).content.decode()


def test_lists_what_became_of_each_message(admin_client: Client, failed: Feedback) -> None:
    page = admin_client.get(LIST).content.decode()

    for text in ("anna@example.com", "failed", ">10<", "SMTPDataError: no"):
        assert text in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=Anna@example.com", True),
        ("q=bob@example.com", False),
        ("q=4b7f7a39-5a3e-4b4e-9d3c-0c8f3a1b2c4d", True),
        ("q=4b7f7a39-5a3e-4b4e-9d3c-0c8f3a1b2c4e", False),
        ("status__exact=failed", True),
        ("status__exact=pending", False),
        ("language__exact=ru", False),
    ],
)
def test_finds_messages(admin_client: Client, failed: Feedback, query: str, *, found: bool) -> None:
    page = admin_client.get(f"{LIST}?{query}", follow=True).content.decode()

    assert ("anna@example.com" in page) == found


def test_finds_a_message_by_its_id(admin_client: Client, failed: Feedback) -> None:
    page = admin_client.get(f"{LIST}?q={failed.pk}").content.decode()

    assert "anna@example.com" in page


def test_sends_the_failed_ones_again_and_leaves_the_others(
    admin_client: Client, failed: Feedback
) -> None:
    sent = Feedback.objects.create(email="bob@example.com", message="Hi", language="en")
    Feedback.objects.filter(pk=sent.pk).update(status=Status.DONE)

    assert "1 failed message will be sent again." in send_again(admin_client)

    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.status, failed.attempts) == (Status.PENDING, 0)
    assert sent.status == Status.DONE
    assert "0 failed messages will be sent again." in send_again(admin_client)


def test_nothing_can_be_added_or_edited(admin_client: Client, failed: Feedback) -> None:
    address = f"{LIST}{failed.pk}/change/"

    page = admin_client.get(address).content.decode()

    assert "SMTPDataError: no" in page
    assert 'name="status"' not in page
    assert 'name="_save"' not in page
    answer = admin_client.post(address, {"email": "eve@example.com", "status": "done"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert admin_client.get(f"{LIST}add/").status_code == HTTPStatus.FORBIDDEN
    failed.refresh_from_db()
    assert (failed.email, failed.status) == ("anna@example.com", Status.FAILED)


@pytest.mark.parametrize(("permission", "may"), [("view", False), ("change", True)])
def test_sending_again_needs_the_permission_to_change(
    client: Client, failed: Feedback, permission: str, *, may: bool
) -> None:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_feedback"))
    user.user_permissions.add(Permission.objects.get(codename=f"{permission}_feedback"))
    client.force_login(user)

    assert ('value="send_again"' in client.get(LIST).content.decode()) == may
    send_again(client)

    failed.refresh_from_db()
    assert (failed.status == Status.PENDING) == may


@pytest.mark.russian
def test_speaks_russian(admin_client: Client, failed: Feedback) -> None:
    page = admin_client.get(LIST, headers={"accept-language": "ru"}).content.decode()

    assert "не удалось" in page
    assert "Отправить неудачные сообщения снова" in page
