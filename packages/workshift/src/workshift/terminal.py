"""Escapes the control characters in untrusted text, which a terminal would obey as commands.

Everything from a visitor that this project logs or prints goes through `escape`: log lines through
`Formatter`, e-mails through `EmailBackend`.
"""

import logging
import re

from django.core.mail import EmailMessage
from django.core.mail.backends import console

# All control characters except line feed and tab; line and paragraph separators; the characters
# that reorder a line (Unicode's embeddings, overrides and isolates); halves of surrogate pairs,
# which no output can encode.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\N{LINE SEPARATOR}-\N{RIGHT-TO-LEFT OVERRIDE}"
    "\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}\ud800-\udfff]"
)


def escape(text: str) -> str:
    r"""Return the text with each control character spelled out, as in `\x1b`.

    Line breaks and tabs stay.
    """
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Formatter(logging.Formatter):
    """Escapes log records and indents all but the first line, so none can fake another record."""

    def format(self, record: logging.LogRecord) -> str:
        return escape(super().format(record)).replace("\n", "\n    ")


class EmailBackend(console.EmailBackend):
    """Prints e-mails as Django's console backend does, escaped."""

    def write_message(self, message: EmailMessage) -> None:
        self.print_source(message.message().as_bytes())

    def print_source(self, source: bytes) -> None:
        """Print an e-mail and a closing line."""
        self.stream.write(f"{escape(source.decode(errors='replace'))}\n{'-' * 79}\n")
