"""The visitors' messages, and their state."""

from typing import Literal

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from workshift.durable.models import DurableTask
from workshift.durable.states import Status

from feedback.reasons import in_plain_words

# The states that a visitor sees; the first three may still change.
State = Literal["queued", "sending", "retrying", "sent", "failed"]


class Feedback(DurableTask):
    """A message to be sent back to the visitor who wrote it."""

    email = models.EmailField(_("e-mail"))
    message = models.TextField(_("message"), max_length=5_000)
    # A code from settings.LANGUAGES: the language of the e-mail.
    language = models.CharField(_("language"), max_length=10)

    class Meta(DurableTask.Meta):
        """The names in the admin, and what its list is sorted and searched by."""

        indexes = (
            *DurableTask.Meta.indexes,
            models.Index(fields=["created_at"]),
            models.Index(Upper("email"), name="feedback_email"),
        )
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        """Name the row by who wrote it."""
        return self.email

    @property
    def state(self) -> State:
        """The message's state, as the visitor sees it."""
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
        """Whether the state will no longer change automatically."""
        return self.state in {"sent", "failed"}

    @property
    def reason(self) -> str:
        """Why the last attempt failed, in plain words and the visitor's language."""
        return in_plain_words(self.last_error)
