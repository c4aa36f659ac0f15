"""Visitors who submit the form, in a process of their own.

    python -m benchmarks.site.visitors ADDRESS PORT RATE FILE

They come `RATE` times a second on average, at random moments, whether or not the site keeps up
with them: visitors do not know of each other. Stops at SIGTERM, when all have their answers.
"""

import asyncio
import contextlib
import random
import re
import signal
import sys
import time
import urllib.parse
from pathlib import Path
from typing import TextIO

# Seconds after which a visitor gives up.
PATIENCE = 30

# So many have opened the form before the first submits it; each has a cookie and a token.
_FORMS = 20


class Visitors:
    """Everyone who submits, and the connections that the site has left open."""

    def __init__(self, address: str, port: int, notes: TextIO) -> None:
        """Write a line for each submission: when it was due, when answered, what went wrong, id."""
        self._address, self._port, self._notes = address, port, notes
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._cookies: list[tuple[str, str]] = []

    async def come(self, rate: float, leave: asyncio.Event) -> None:
        """Submit `rate` times a second until `leave` is set, then wait for the answers."""
        for _ in range(_FORMS):
            head, page = await self._ask("GET / HTTP/1.1", "")
            cookie = re.search(r"csrftoken=(\w+)", head)
            token = re.search(r'csrfmiddlewaretoken" value="(\w+)', page)
            if not cookie or not token:
                sys.exit(f"The form does not come: {head}")
            self._cookies.append((cookie[1], token[1]))
        chance = random.Random(1)  # noqa: S311 - the same moments in each run.
        due = time.time()
        async with asyncio.TaskGroup() as submissions:
            while not leave.is_set():
                due += chance.expovariate(rate)
                if (wait := due - time.time()) > 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(leave.wait(), wait)
                if not leave.is_set():
                    submissions.create_task(self._submit(due, chance.choice(self._cookies)))

    async def _submit(self, due: float, form: tuple[str, str]) -> None:
        cookie, token = form
        fields = {
            "csrfmiddlewaretoken": token,
            "email": "visitor@example.org",
            "message": f"I came at {due}. " + "There is more to say. " * 10,
        }
        body = urllib.parse.urlencode(fields)
        request = (
            f"POST / HTTP/1.1\r\nCookie: csrftoken={cookie}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                head, _ = await self._ask(request, body)
        except (OSError, EOFError) as error:
            self._note(due, type(error).__name__)
            return
        status = head.split(" ", 2)[1]
        found = re.search(r"^location: \S*/([0-9a-f-]{36})/", head, re.MULTILINE | re.IGNORECASE)
        if status == "302" and found:
            self._note(due, "", found[1])
        else:
            self._note(due, f"status {status}")

    def _note(self, due: float, trouble: str, pk: str = "") -> None:
        self._notes.write(f"{due:.6f}\t{time.time():.6f}\t{trouble}\t{pk}\n")
        self._notes.flush()

    async def _ask(self, request: str, body: str) -> tuple[str, str]:
        """Return the head and the body of the answer."""
        reader, writer = await self._connection()
        try:
            head = f"{request}\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
            writer.write((head + body).encode())
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"^content-length: (\d+)", answer, re.MULTILINE | re.IGNORECASE)
            page = await (reader.readexactly(int(length[1])) if length else reader.read())
        except BaseException:
            writer.close()
            raise
        if length and not re.search("^connection: close", answer, re.MULTILINE | re.IGNORECASE):
            self._open.append((reader, writer))
        else:
            writer.close()
        return answer, page.decode()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._open:
            reader, writer = self._open.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._address, self._port)


async def main(address: str, port: int, rate: float, file: Path) -> None:
    """Let them come until SIGTERM."""
    leave = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    with file.open("a") as notes:
        await Visitors(address, port, notes).come(rate, leave)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))
