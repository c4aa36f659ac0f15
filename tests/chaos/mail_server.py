"""A real SMTP server with moods: it takes e-mails, refuses, drops the connection, or hangs."""

import asyncio
import threading
import time
from email import message_from_bytes
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.processes import free_port

Mood = Literal["takes", "refuses", "drops", "hangs"]


class MailServer:
    """Notes when it said yes to which Message-ID."""

    def __init__(self) -> None:
        """Open a server on a free port of 127.0.0.1."""
        self.mood: Mood = "takes"
        # Message-ID -> the times (seconds since the epoch) at which it was taken.
        self.taken: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def stop(self) -> None:
        """Close the server."""
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name.
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer the sender of an e-mail, as aiosmtpd asks for."""
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
        name = message_from_bytes(envelope.content)["Message-ID"]
        with self._lock:
            self.taken.setdefault(name, []).append(time.time())
        return "250 Taken."
