"""A real SMTP server that takes e-mails, refuses them, or lets the sender wait."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.processes import free_port


class PostOffice:
    """What a test says to the mail server, and the e-mails that it has taken."""

    def __init__(self) -> None:
        """Open a server on a free port of 127.0.0.1."""
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self._open = threading.Event()
        self._open.set()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a worker needs in its environment to send its e-mails here."""
        return {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self._controller.port),
            "EMAIL_USE_TLS": "off",
        }

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let whoever has sent an e-mail wait for the answer until the end of the block."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def close(self) -> None:
        """Stop the server."""
        self._open.set()
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name.
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer the sender of an e-mail, as aiosmtpd asks for."""
        while not self._open.is_set():
            await asyncio.sleep(0.01)
        if self.refuses:
            return "451 Not now."
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Taken."
