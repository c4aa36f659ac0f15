"""Limit how many messages one visitor may send, and how many one address may get, in an hour."""

import hashlib
import ipaddress
import logging
import re
import time

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest

logger = logging.getLogger(__name__)

# Seconds for which messages are counted together.
WINDOW = 3600


def is_too_much(request: HttpRequest, email: str) -> bool:
    """Count one more message from this visitor to `email`; return whether it is one too many.

    The limits are `FEEDBACK_PER_VISITOR` and `FEEDBACK_PER_ADDRESS`, messages in an hour; 0 is
    none. Nobody is refused because the cache is away.
    """
    try:
        # Both are counted, whatever the first says.
        over = [
            _is_over(settings.FEEDBACK_PER_VISITOR, f"visitor {visitor(request)}"),
            _is_over(settings.FEEDBACK_PER_ADDRESS, f"address {email.casefold()}"),
        ]
    except Exception:
        # Each cache has errors of its own. A message is worth more than a limit.
        logger.exception("The cache does not count messages, so the form has no limit now.")
        return False
    return any(over)


def visitor(request: HttpRequest) -> str:
    """Return the network that the visitor comes from: who has IPv6 has a /64 to themselves."""
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # What stands last was added by our own proxy; the rest is the visitor's word.
        forwarded = request.headers.get("X-Forwarded-For", "")
        address = forwarded.rpartition(",")[2].strip() or address
        # Some proxies add the port, which is another one for each connection.
        address = re.sub(r"^(?:\[(.+)\]|([\d.]+)):\d+$", r"\1\2", address)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    # A server that listens on both says of an IPv4 visitor ::ffff:192.0.2.1.
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip, 64), strict=False))


def _is_over(limit: int, whose: str) -> bool:
    if limit <= 0:
        return False
    # Hashed, because not every cache takes every character, and because it need not be read.
    digest = hashlib.sha256(whose.encode(errors="replace")).hexdigest()
    key = f"feedback:{digest}:{int(time.time()) // WINDOW}"
    cache = caches["limits"]
    cache.add(key, 0, timeout=WINDOW)
    return cache.incr(key) > limit
