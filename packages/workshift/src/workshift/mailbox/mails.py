"""Stores the mails in the development mailbox: one file each, so that all processes share them."""

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property

from .. import conf
from ..private import make_folder

# The number of mails to keep, the newest.
LIMIT = 100

# Nanoseconds since 1970, so that the names sort by time, and random digits, so that two processes
# never choose the same name.
ID = re.compile(r"[0-9]{19}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Mail:
    """A mail as it was sent; `source` is all of it, or only its headers."""

    id: str
    source: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.source, policy=default)

    @property
    def sent(self) -> datetime:
        """When the mail was stored."""
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1e9, tz=UTC)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Name and value of each header, except those about the encoding."""
        return [
            (name, value)
            for name, value in self.message.items()
            if not name.lower().startswith(("content-", "mime-version"))
        ]

    @property
    def text(self) -> str:
        """The plain text; empty if there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML, unchanged and therefore untrusted; empty if there is none."""
        return self._body("html")

    @property
    def attachments(self) -> list[tuple[str, str]]:
        """The name, empty if there is none, and the type, such as "image/png", of each."""
        return [
            (part.get_filename() or "", part.get_content_type())
            for part in self.message.iter_attachments()
        ]

    def _body(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body else ""


def keep(source: bytes) -> None:
    """Store a mail, and delete all but the newest `LIMIT`.

    It is stored completely or not at all. Raises `OSError` if it cannot be written.
    """
    folder = conf.mailbox_folder()
    make_folder(folder)
    written = folder / f"{time.time_ns()}-{secrets.token_hex(4)}.part"
    written.write_bytes(source)
    written.replace(written.with_suffix(".eml"))
    # All files, including those that a killed process left incomplete.
    for path in sorted(folder.iterdir(), reverse=True)[LIMIT:]:
        path.unlink(missing_ok=True)


def newest_first() -> list[Mail]:
    """Return every mail in the mailbox, with only its headers."""
    mails = []
    for path in sorted(conf.mailbox_folder().glob("*.eml"), reverse=True):
        try:
            with path.open("rb") as source:
                # Headers end at the first empty line; attachments may be long.
                headers = source.read(65_536).partition(b"\n\n")[0]
        except FileNotFoundError:
            continue  # Deleted since we listed it.
        mails.append(Mail(path.stem, headers))
    return mails


def find(mail_id: str) -> Mail:
    """Return the whole mail with this id. Raises `KeyError` if there is none."""
    if not ID.fullmatch(mail_id):
        raise KeyError(mail_id)
    try:
        return Mail(mail_id, (conf.mailbox_folder() / f"{mail_id}.eml").read_bytes())
    except FileNotFoundError:
        raise KeyError(mail_id) from None


def clear() -> None:
    """Delete every mail."""
    for path in conf.mailbox_folder().glob("*.eml"):
        path.unlink(missing_ok=True)
