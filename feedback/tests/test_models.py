import smtplib
import socket

import pytest
from django.utils import translation
from workshift.durable.states import Status

from feedback.models import Feedback


@pytest.mark.parametrize(
    ("status", "attempts", "state", "is_final"),
    [
        (Status.PENDING, 0, "queued", False),
        (Status.RUNNING, 1, "sending", False),
        (Status.PENDING, 1, "retrying", False),
        (Status.RUNNING, 2, "sending", False),
        (Status.DONE, 1, "sent", True),
        (Status.FAILED, 10, "failed", True),
    ],
)
def test_the_state_that_the_visitor_sees(
    status: Status, attempts: int, state: str, *, is_final: bool
) -> None:
    feedback = Feedback(status=status, attempts=attempts)

    assert feedback.state == state
    assert feedback.is_final == is_final


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "refused"), "The mail server could not be reached."),
        (TimeoutError("timed out"), "The mail server could not be reached."),
        (socket.gaierror(-2, "unknown"), "The mail server could not be reached."),
        (smtplib.SMTPServerDisconnected("closed"), "The mail server could not be reached."),
        (smtplib.SMTPDataError(451, b"no"), "The mail server did not accept the e-mail."),
        (smtplib.SMTPRecipientsRefused({}), "The mail server did not accept the e-mail."),
        (KeyError("password"), "Something went wrong on our side."),
    ],
)
def test_the_reason_is_in_plain_words(error: Exception, words: str) -> None:
    assert Feedback(last_error=f"{type(error).__name__}: {error}").reason == words


@pytest.mark.russian
@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("The worker stopped before it had finished.", "Отправка прервалась."),
        ("It took longer than its time limit.", "Это заняло слишком много времени."),
    ],
)
def test_the_reason_is_in_the_language_of_the_reader(error: str, words: str) -> None:
    with translation.override("ru"):
        assert Feedback(last_error=error).reason == words
