"""A real SMTP server with moods: it takes e-mails, refuses, drops the connection, or lets wait."""

import asyncio
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from workshift.testing.processes import free_port

# One that holds answers in its next mood; one that hangs refuses when its client has gone.
Mood = Literal["takes", "refuses", "drops", "holds", "hangs"]


class MailServer:
    """What a test says to the mail server, and the e-mails that it has taken."""

    def __init__(self) -> None:
        """Open a server on a free port of 127.0.0.1."""
        self.mood: Mood = "takes"
        self.mails: list[EmailMessage] = []
        # Message-ID -> the times (seconds since the epoch) at which it was taken.
        self.taken: dict[str, list[float]] = {}
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

    def stop(self) -> None:
        """Close the server."""
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer the sender of an e-mail, as aiosmtpd asks for."""
        while self.mood == "holds":
            await asyncio.sleep(0.01)
        match self.mood:
            case "refuses":
                return "451 Not now."
            case "drops":
                # After the data and before the answer: the sender cannot know what became of it.
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
                return "451 Not now."
            case "hangs":
                await asyncio.sleep(3)
                return "451 Too late."
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        self.taken.setdefault(mail["Message-ID"], []).append(time.time())
        return "250 Taken."
