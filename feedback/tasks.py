"""What this app does in the background."""

import time

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext


@shared_task
def send_feedback_email_task(email: str, message: str, language: str) -> None:
    """Send `message` back to the visitor at `email`, in their `language` (a code like "ru").

    It first sleeps `FEEDBACK_DELAY_SECONDS`, to stand in for expensive work. Raises what the
    mail backend raises (`OSError` and its `SMTPException`) if the e-mail cannot be sent.
    """
    time.sleep(settings.FEEDBACK_DELAY_SECONDS)

    indented = "\n".join(f"\t{line}" for line in message.splitlines())
    with translation.override(language):
        subject = gettext("Your Feedback")
        closing = gettext("Thank you!")
    EmailMessage(subject, f"{indented}\n\n{closing}", to=[email]).send()
