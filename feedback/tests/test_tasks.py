import smtplib

import pytest
from django.core.mail import EmailMessage
from django.utils import translation
from pytest_django import Settings
from workshift.durable.states import Status

from feedback.models import Feedback
from feedback.tasks import send_feedback_email_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_delay(settings: Settings) -> None:
    settings.FEEDBACK_DELAY_SECONDS = 0


def send(message: str, language: str = "en") -> Feedback:
    """Save a message and do what a worker does that is told of it."""
    feedback = Feedback.objects.create(email="anna@example.com", message=message, language=language)
    send_feedback_email_task(str(feedback.pk), 0)
    feedback.refresh_from_db()
    return feedback


def test_the_task_is_registered_under_its_name() -> None:
    assert send_feedback_email_task.name == "feedback.tasks.send_feedback_email_task"


def test_sends_the_message_back_to_the_visitor(mailoutbox: list[EmailMessage]) -> None:
    feedback = send("Well done")

    [mail] = mailoutbox
    assert mail.subject == "Your Feedback"
    assert mail.body == "\tWell done\n\nThank you!"
    assert mail.from_email == "support@example.com"
    assert mail.to == ["anna@example.com"]
    assert mail.reply_to == ["anna@example.com"]
    assert (feedback.status, feedback.state) == (Status.DONE, "sent")


@pytest.mark.russian
def test_writes_in_the_language_of_the_visitor(mailoutbox: list[EmailMessage]) -> None:
    with translation.override("en"):
        send("Отлично", "ru")

        assert translation.get_language() == "en"
    [mail] = mailoutbox
    assert mail.subject == "Твой отзыв"
    assert mail.body == "\tОтлично\n\nСпасибо!"  # noqa: RUF001 -- Cyrillic


def test_indents_every_line(mailoutbox: list[EmailMessage]) -> None:
    send("One\r\n\r\nTwo")

    assert mailoutbox[0].body == "\tOne\n\t\n\tTwo\n\nThank you!"


def test_a_message_of_many_lines_adds_no_header(mailoutbox: list[EmailMessage]) -> None:
    send("Hi\nBcc: eve@example.com")

    assert mailoutbox[0].message()["Bcc"] is None


@pytest.mark.parametrize("sender", ["support@example.com", "Support <support@example.com>"])
def test_the_message_id_is_that_of_the_row(
    mailoutbox: list[EmailMessage], settings: Settings, sender: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    feedback = send("First")

    assert mailoutbox[0].message().get_all("Message-ID") == [f"<{feedback.pk}@example.com>"]


def test_a_message_that_cannot_be_sent_is_kept_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(mail: EmailMessage) -> int:
        raise smtplib.SMTPDataError(451, b"Not now")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    feedback = Feedback.objects.create(email="anna@example.com", message="Hi", language="en")

    with pytest.raises(smtplib.SMTPDataError):
        send_feedback_email_task(str(feedback.pk), 0)

    feedback.refresh_from_db()
    assert feedback.state == "retrying"
    assert feedback.reason == "The mail server did not accept the e-mail."
