"""Reads where `runserver` is to listen, as Django's does, and listens there."""

import errno
import re
import socket
from dataclasses import dataclass

from django.core.management.base import CommandError
from django.core.management.commands.runserver import Command as DjangoCommand
from django.core.management.commands.runserver import naiveip_re

# Connections that the system keeps until the next generation accepts them.
_BACKLOG = 1024

# Django's sentences.
_ERRORS = {
    errno.EACCES: "You don't have permission to access that port.",
    errno.EADDRINUSE: "That port is already in use.",
    errno.EADDRNOTAVAIL: "That IP address can't be assigned to.",
}


@dataclass(frozen=True)
class Address:
    """A host and a port to listen at."""

    host: str
    port: int
    is_ipv6: bool

    @property
    def url(self) -> str:
        """The address as a browser takes it."""
        host = "0.0.0.0" if self.host == "0" else self.host  # noqa: S104 - as Django writes it.
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def parse(addrport: str | None, *, use_ipv6: bool) -> Address:
    """Return what `addrport` says, such as `8000` or `[::1]:8000`; raise CommandError."""
    if use_ipv6 and not socket.has_ipv6:
        raise CommandError("Your Python does not support IPv6.")
    default = DjangoCommand.default_addr_ipv6 if use_ipv6 else DjangoCommand.default_addr
    if not addrport:
        return Address(default, int(DjangoCommand.default_port), use_ipv6)
    match = re.match(naiveip_re, addrport)
    if match is None:
        raise CommandError(f'"{addrport}" is not a valid port number or address:port pair.')
    host, port = match["addr"] or default, int(match["port"])
    if match["ipv6"]:
        return Address(host[1:-1], port, is_ipv6=True)
    if match["ipv4"] and use_ipv6:
        raise CommandError(f'"{host}" is not a valid IPv6 address.')
    return Address(host, port, use_ipv6)


def listen(address: Address) -> socket.socket:
    """Return a socket that listens at `address`; raise CommandError with Django's sentence."""
    server = socket.socket(socket.AF_INET6 if address.is_ipv6 else socket.AF_INET)
    # Connections of the previous run that are still closing do not count.
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((address.host, address.port))
        server.listen(_BACKLOG)
    except OverflowError as error:
        server.close()
        raise CommandError(f"{address.port} is not a valid port number.") from error
    except OSError as error:
        server.close()
        why = _ERRORS.get(error.errno or 0, str(error))
        raise CommandError(f"Error: {why}{_holder(address.port, error)}") from error
    return server


def _holder(port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return ""
    try:
        # Imported here because it needs psutil, which only development installs.
        from ..dev.ports import holder_of  # noqa: PLC0415
    except ModuleNotFoundError:
        return ""
    holder = holder_of(port)
    return f" Process {holder.pid} listens there: {holder.command}" if holder else ""
