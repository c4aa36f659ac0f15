"""What this app does in the background."""

import time

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext
from workshift.durable.tasks import durable_task

from feedback.models import Feedback


# A @shared_task that is called with a row instead of arguments:
# packages/workshift/docs/durable-tasks.md.
@durable_task(Feedback, ignore_result=False)
def send_feedback_email_task(feedback: Feedback) -> None:
    """Send the message back to the visitor who wrote it, in their language.

    It first sleeps `FEEDBACK_DELAY_SECONDS`, to stand in for expensive work. Raises what the
    mail backend raises (`OSError` and its `SMTPException`) if the e-mail cannot be sent; then
    it is tried again.
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
        # In place of a forged From: whoever answers this e-mail writes to the visitor.
        reply_to=[feedback.email],
        headers={"Message-ID": message_id(feedback)},
    ).send()


def message_id(feedback: Feedback) -> str:
    """Return the same Message-ID at every attempt, so that a second delivery is recognised."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return f"<{feedback.pk}@{domain}>"
