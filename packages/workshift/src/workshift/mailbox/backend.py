"""Handles e-mails in development: stores them in the mailbox and prints them."""

from django.core.mail import EmailMessage

from .. import terminal
from . import mails


class EmailBackend(terminal.EmailBackend):
    """Stores each mail in the mailbox, and prints it in the sending process's output."""

    def write_message(self, message: EmailMessage) -> None:
        """Store, then print, so that every printed mail is in the mailbox.

        Raises `OSError` if it cannot be stored.
        """
        # Once for both, because each call generates another Message-ID.
        source = message.message().as_bytes()
        mails.keep(source)
        self.print_source(source)
