"""What a visitor wrote, and what became of it."""

from typing import Literal

from django.db import models
from django.utils.translation import gettext_lazy as _
from workshift.durable.models import DurableTask
from workshift.durable.states import Status

from feedback.reasons import in_plain_words

# What the visitor is told; the first three may still change.
State = Literal["queued", "sending", "retrying", "sent", "failed"]


class Feedback(DurableTask):
    """A message that is to be sent back to the visitor who wrote it."""

    email = models.EmailField(_("e-mail"))
    message = models.TextField(_("message"), max_length=5_000)
    # A code of settings.LANGUAGES: the e-mail is written in it.
    language = models.CharField(_("language"), max_length=10)

    class Meta(DurableTask.Meta):
        """Its names in the admin."""

        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        """Name the row by who wrote it."""
        return self.email

    @property
    def state(self) -> State:
        """Where the message stands, as the visitor sees it."""
        match Status(self.status):
            case Status.PENDING:
                return "retrying" if self.attempts else "queued"
            case Status.RUNNING:
                return "sending"
            case Status.DONE:
                return "sent"
            case Status.FAILED:
                return "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing will become of the message any more by itself."""
        return self.state in {"sent", "failed"}

    @property
    def reason(self) -> str:
        """Why the last attempt failed, in the words and the language of the visitor."""
        return in_plain_words(self.last_error)
