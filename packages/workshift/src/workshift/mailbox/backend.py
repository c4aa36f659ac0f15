"""What "sends" the e-mails in development: into the mailbox, and to the console."""

from django.core.mail import EmailMessage

from .. import terminal
from . import mails


class EmailBackend(terminal.EmailBackend):
    """Keeps each mail in the mailbox and prints it in the output of the process that sends it."""

    def write_message(self, message: EmailMessage) -> None:
        """Keep, then print: a mail that was printed can be looked at.

        Raises `OSError` if it cannot be kept.
        """
        # Once for both, as each call makes up another Message-ID.
        source = message.message().as_bytes()
        mails.keep(source)
        self.print_source(source)
