"""Limits the messages per hour from one visitor and to one address."""

import hashlib
import ipaddress
import logging
import re
import time

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest

logger = logging.getLogger(__name__)

# Seconds over which messages are counted.
WINDOW = 3600


def is_too_much(request: HttpRequest, email: str) -> bool:
    """Count one more message from this visitor to `email`; return whether it is one too many.

    The limits per hour are `FEEDBACK_PER_VISITOR` and `FEEDBACK_PER_ADDRESS`; 0 means no limit.
    Nobody is refused because the cache is down.
    """
    try:
        # Count both, even if the first is over its limit.
        over = [
            _is_over(settings.FEEDBACK_PER_VISITOR, f"visitor {visitor(request)}"),
            _is_over(settings.FEEDBACK_PER_ADDRESS, f"address {email.casefold()}"),
        ]
    except Exception:
        # Each cache has its own errors. A message is worth more than a limit.
        logger.exception("The cache cannot count messages, so the form has no limit now.")
        return False
    return any(over)


def visitor(request: HttpRequest) -> str:
    """Return the visitor's network: with IPv6, each visitor has a whole /64."""
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # Our own proxy added the last address; the others come from the visitor and may be fake.
        forwarded = request.headers.get("X-Forwarded-For", "")
        address = forwarded.rpartition(",")[2].strip() or address
        # Some proxies add the port, which differs for each connection.
        address = re.sub(r"^(?:\[(.+)\]|([\d.]+)):\d+$", r"\1\2", address)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    # A server that listens on both shows an IPv4 visitor as ::ffff:192.0.2.1.
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip, 64), strict=False))


def _is_over(limit: int, whose: str) -> bool:
    if limit <= 0:
        return False
    # Hashed, because not every cache accepts every character, and for privacy.
    digest = hashlib.sha256(whose.encode(errors="replace")).hexdigest()
    key = f"feedback:{digest}:{int(time.time()) // WINDOW}"
    cache = caches["limits"]
    cache.add(key, 0, timeout=WINDOW)
    return cache.incr(key) > limit
