"""Finds the stack's ports, and explains why one of them is not available."""

import errno
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from .. import paths
from ..env import Environment
from .errors import CannotStartError

# From 1024 on; https://fetch.spec.whatwg.org/#port-blocking
BLOCKED_BY_BROWSERS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566}
    | {6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port."""

    pid: int
    command: str
    folder: Path


def redis_folder() -> Path:
    """Return the working folder of this project's Redis."""
    return paths.run() / "redis"


def web_port() -> int:
    """Return the port of the web process: PORT in the environment, then in `.env`, then 8000.

    Raises CannotStartError if browsers refuse to open it.
    """
    port = Environment().port("PORT", default=8000)
    if port in BLOCKED_BY_BROWSERS:
        raise CannotStartError(
            f"Browsers refuse to open port {port}. Choose another with PORT in .env."
        )
    return port


def require_free(name: str, port: int) -> None:
    """Return if we can listen on `port` of 127.0.0.1.

    `name` is the variable that sets the port. Raises CannotStartError with a sentence that says
    which process holds it, if known, and how to choose another.
    """
    try:
        listen(port)
    except PermissionError:
        problem = f"Port {port} is reserved for the administrator of this machine."
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        holder = holder_of(port)
        if holder and holder.folder == redis_folder():
            raise CannotStartError(
                f"Port {port} is taken by a Redis of this project that was left running "
                f"(process {holder.pid}). Stop it with `kill {holder.pid}` and run this again."
            ) from error
        problem = f"Port {port} is already taken" + (
            f" by process {holder.pid} ({holder.command})." if holder else "."
        )
    else:
        return
    raise CannotStartError(
        f"{problem} Choose another with {name} in .env, or just this once: "
        f"{name}={free_port_after(port)} {paths.dev()}"
    )


def listen(port: int) -> None:
    """Listen on `port` of 127.0.0.1 for a moment, as a server would. Raises OSError."""
    with socket.socket() as server:
        # As servers do: connections of the previous run that are still closing do not count.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()


def free_port_after(port: int) -> int:
    """Return the first free port above `port` and above the reserved ones."""
    for candidate in range(max(port, 1023) + 1, 65536):
        try:
            listen(candidate)
        except OSError:
            continue
        return candidate
    return free_port_after(1023)


def holder_of(port: int) -> Holder | None:
    """Return the process that listens on `port`, or None if we may not see it."""
    for process in psutil.process_iter():
        # Process by process: on macOS, only root may list all connections at once.
        try:
            if any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
                for connection in process.net_connections("tcp")
            ):
                # Redis pads its command line with empty arguments.
                command = " ".join(filter(None, process.cmdline()))
                return Holder(process.pid, command, Path(process.cwd()))
        except psutil.Error:
            continue
    return None
