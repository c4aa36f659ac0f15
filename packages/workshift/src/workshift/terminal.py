"""Print what a stranger wrote without obeying it: a terminal takes control characters for commands.

Everything that this project logs or prints of a visitor's goes through `escape`: log lines through
`Formatter`, e-mails through `EmailBackend`.
"""

import logging
import re

from django.core.mail import EmailMessage
from django.core.mail.backends import console

# All control characters but line break and tab; line and paragraph separators, and what reorders
# the letters of a line (Unicode's embeddings, overrides and isolates); halves of surrogate pairs,
# which no output can encode.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\N{LINE SEPARATOR}-\N{RIGHT-TO-LEFT OVERRIDE}"
    "\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}\ud800-\udfff]"
)


def escape(text: str) -> str:
    r"""Return the text with each control character spelt out, as in `\x1b`.

    Line breaks and tabs stay.
    """
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Formatter(logging.Formatter):
    """Escapes log records, and indents all lines of one but its first: none can pass for another."""

    def format(self, record: logging.LogRecord) -> str:
        return escape(super().format(record)).replace("\n", "\n    ")


class EmailBackend(console.EmailBackend):
    """Prints e-mails as Django's console backend does, escaped."""

    def write_message(self, message: EmailMessage) -> None:
        self.print_source(message.message().as_bytes())

    def print_source(self, source: bytes) -> None:
        """Print an e-mail, and a line that ends it."""
        self.stream.write(f"{escape(source.decode(errors='replace'))}\n{'-' * 79}\n")
