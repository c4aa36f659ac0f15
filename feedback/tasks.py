"""The app's background task."""

import time

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext
from workshift.durable.tasks import durable_task

from feedback.models import Feedback


# A @shared_task that is called with a row instead of arguments:
# packages/workshift/docs/durable-tasks.md.
@durable_task(Feedback)
def send_feedback_email_task(feedback: Feedback) -> None:
    """Send the message back to the visitor who wrote it, in their language.

    It first sleeps for `FEEDBACK_DELAY_SECONDS`, to simulate expensive work. Raises the mail
    backend's errors (`OSError`, including `SMTPException`) if the e-mail cannot be sent; it is then
    tried again, after the waits that the settings `DURABLE_*` define.
    """
    time.sleep(settings.FEEDBACK_DELAY_SECONDS)

    indented = "\n".join(f"\t{line}" for line in feedback.message.splitlines())
    with translation.override(feedback.language):
        subject = gettext("Your Feedback")
        closing = gettext("Thank you!")
    EmailMessage(
        subject,
        f"{indented}\n\n{closing}",
        to=[feedback.email],
        # Instead of a forged From: a reply to this e-mail goes to the visitor.
        reply_to=[feedback.email],
        headers={"Message-ID": message_id(feedback)},
    ).send()


def message_id(feedback: Feedback) -> str:
    """Return the same Message-ID for every attempt, so that a second delivery is recognised."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return f"<{feedback.pk}@{domain}>"
