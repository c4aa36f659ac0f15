"""A mail server in a process of its own, which notes when it took which Message-ID.

    python -m benchmarks.site.mail ADDRESS PORT FILE

Just enough of SMTP for Python's smtplib. A complete server takes more processor time for an e-mail
than the rest of the project does, and would be what is measured.
"""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TextIO, cast, override

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)", re.MULTILINE | re.IGNORECASE)


class Mail(asyncio.Protocol):
    """One connection."""

    def __init__(self, notes: TextIO) -> None:
        """Write a line into `notes` for each e-mail: the time, and what stands before the @."""
        self._notes = notes
        self._received = b""
        self._in_data = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._answer("220 bench")

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            end = b"\r\n.\r\n" if self._in_data else b"\r\n"
            text, found, rest = self._received.partition(end)
            if not found:
                return
            self._received = rest
            if self._in_data:
                self._take(text)
            else:
                self._obey(text[:4].upper())

    def _take(self, mail: bytes) -> None:
        self._in_data = False
        # Before the answer: from then on the sender may say that it was sent.
        found = _MESSAGE_ID.search(mail)
        self._notes.write(f"{time.time():.6f}\t{found[1].decode() if found else '?'}\n")
        self._notes.flush()
        self._answer("250 taken")

    def _obey(self, command: bytes) -> None:
        match command:
            case b"DATA":
                self._in_data = True
                self._answer("354 go on")
            case b"QUIT":
                self._answer("221 bye")
                self._transport.close()
            case _:
                self._answer("250 yes")

    def _answer(self, line: str) -> None:
        self._transport.write(f"{line}\r\n".encode())


async def main(address: str, port: int, file: Path) -> None:
    """Serve until killed."""
    with file.open("a") as notes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Mail(notes), address, port, backlog=1000)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
