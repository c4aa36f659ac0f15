"""Write `.env` from `.env.example`, with fresh values where the example leaves them empty.

`scripts/setup` runs this file by its path: it imports nothing of the project or of Django,
and so costs next to nothing on every start.
"""

import os
import re
import secrets
import socket
import sys
import tempfile
from pathlib import Path

# Below the ranges from which Linux and macOS take the ports of outgoing connections.
REDIS_PORTS = range(20_000, 30_000)

PACKAGE = Path(__file__).resolve().parent.parent.name


def write_dotenv(example: Path, dotenv: Path) -> bool:
    """Give `dotenv` a value for SECRET_KEY, REDIS_PORT and REDIS_PREFIX where it has none.

    The file is made from `example` if it is missing. What stands in it is never changed.
    It appears whole or not at all, and only its owner can read it. Returns whether it was
    written.
    """
    source = dotenv if dotenv.exists() else example
    text = source.read_text(encoding="utf-8-sig")
    filled = fill(text)
    if source == dotenv and filled == text:
        return False
    descriptor, temporary = tempfile.mkstemp(dir=dotenv.parent, prefix=f"{dotenv.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(filled)
        Path(temporary).replace(dotenv)
    except BaseException:
        Path(temporary).unlink()
        raise
    return True


def fill(text: str) -> str:
    """Return `text` with fresh values in the lines that are exactly `NAME=`."""
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "REDIS_PORT": free_port(),
        "REDIS_PREFIX": f"{PACKAGE}:{secrets.token_hex(4)}:",
    }
    for name, value in fresh.items():
        text = re.sub(rf"^{name}=[ \t]*$", f"{name}={value}", text, flags=re.MULTILINE)
    return text


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, at random, so that clones differ."""
    while True:
        port = secrets.choice(REDIS_PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


if __name__ == "__main__":
    if write_dotenv(Path(sys.argv[1]), Path(sys.argv[2])):
        print("Wrote .env with a secret key and a Redis port of its own.")
