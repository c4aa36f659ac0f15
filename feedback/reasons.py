"""Explains to a visitor why an e-mail could not be sent, without secrets or jargon."""

from django.utils.translation import gettext_lazy as _

UNREACHABLE = _("The mail server could not be reached.")
REFUSED = _("The mail server did not accept the e-mail.")
TOO_SLOW = _("It took too long.")
INTERRUPTED = _("The work was interrupted.")
UNKNOWN = _("Something went wrong on our side.")

# The beginning of `DurableTask.last_error`: an error's name, or a sentence.
REASONS = {
    "ConnectionRefusedError": UNREACHABLE,
    "ConnectionResetError": UNREACHABLE,
    "OSError": UNREACHABLE,
    "SMTPConnectError": UNREACHABLE,
    "SMTPServerDisconnected": UNREACHABLE,
    "TimeoutError": UNREACHABLE,
    "gaierror": UNREACHABLE,
    "SMTPDataError": REFUSED,
    "SMTPRecipientsRefused": REFUSED,
    "SMTPResponseException": REFUSED,
    "SMTPSenderRefused": REFUSED,
    "It took longer than its time limit.": TOO_SLOW,
    "The worker stopped before it had finished.": INTERRUPTED,
}


def in_plain_words(last_error: str) -> str:
    """Return a sentence for `DurableTask.last_error`, in the active language."""
    return str(REASONS.get(last_error.partition(":")[0], UNKNOWN))
