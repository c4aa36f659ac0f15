import pytest
from django.core.mail import EmailMessage
from django.utils import translation
from pytest_django import Settings

from feedback.tasks import send_feedback_email_task


@pytest.fixture(autouse=True)
def no_delay(settings: Settings) -> None:
    settings.FEEDBACK_DELAY_SECONDS = 0


def test_the_task_is_registered_under_its_name() -> None:
    assert send_feedback_email_task.name == "feedback.tasks.send_feedback_email_task"


def test_sends_the_message_back_to_the_visitor(mailoutbox: list[EmailMessage]) -> None:
    send_feedback_email_task("anna@example.com", "Well done", "en")

    [mail] = mailoutbox
    assert mail.subject == "Your Feedback"
    assert mail.body == "\tWell done\n\nThank you!"
    assert mail.from_email == "support@example.com"
    assert mail.to == ["anna@example.com"]


def test_writes_in_the_language_of_the_visitor(mailoutbox: list[EmailMessage]) -> None:
    with translation.override("en"):
        send_feedback_email_task("anna@example.com", "Отлично", "ru")

        assert translation.get_language() == "en"
    [mail] = mailoutbox
    assert mail.subject == "Твой отзыв"
    assert mail.body == "\tОтлично\n\nСпасибо!"  # noqa: RUF001 -- Cyrillic


def test_indents_every_line(mailoutbox: list[EmailMessage]) -> None:
    send_feedback_email_task("anna@example.com", "One\r\n\r\nTwo", "en")

    assert mailoutbox[0].body == "\tOne\n\t\n\tTwo\n\nThank you!"


def test_a_message_of_many_lines_adds_no_header(mailoutbox: list[EmailMessage]) -> None:
    send_feedback_email_task("anna@example.com", "Hi\nBcc: eve@example.com", "en")

    assert mailoutbox[0].message()["Bcc"] is None
