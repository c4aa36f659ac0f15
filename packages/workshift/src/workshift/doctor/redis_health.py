"""Checks whether Redis is usable, and says what to do if it answers but is not."""

from typing import Any, NamedTuple

import redis
from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError

from ..celery.broker import key_prefix

# Bytes that Redis must have room for: what the doctor's own requests to the workers take.
ROOM = 100_000


class Trouble(NamedTuple):
    """Why Redis is unusable; without a next step, it depends on what should have started it."""

    reason: str
    next_step: str = ""


def trouble_with(client: redis.Redis) -> Trouble | None:
    """Return why the Redis of `client` is unusable for tasks, or None if it is usable."""
    try:
        client.ping()
        # The key does not exist, so nothing is written, but Redis refuses this like a real write.
        client.set(f"{key_prefix()}doctor", "." * ROOM, xx=True)
    except redis.AuthenticationError as error:
        if client.connection_pool.connection_kwargs.get("password"):
            return Trouble(str(error), "Correct the user and password in REDIS_URL.")
        return Trouble(
            "it requires a password",
            "Add it to REDIS_URL: redis://:password@host:port/0.",
        )
    except OutOfMemoryError:
        return Trouble(
            "its memory is full, and it accepts no tasks",
            "Raise maxmemory in redis.conf or at your provider, and until a restart with "
            "`redis-cli CONFIG SET maxmemory`; then check which queue has grown.",
        )
    except ReadOnlyError:
        facts = facts_of(client)
        primary = "{master_host}:{master_port}, ".format_map(facts) if facts else ""
        return Trouble(
            "it is a read-only replica",
            f"Put the address of its primary, {primary}into REDIS_URL.",
        )
    except NoPermissionError:
        # The administrator who created this user knows which commands Celery needs.
        return None
    except redis.ResponseError as error:
        return Trouble(str(error), "Check its log, and whether the disk is full.")
    except redis.RedisError as error:
        return Trouble(str(error))
    return None


def facts_of(client: redis.Redis) -> dict[str, Any]:
    """Return what Redis says about itself.

    That is nothing for the embedded stand-in, or if our user may not use INFO.
    """
    try:
        facts: Any = client.info()
    except redis.ResponseError:
        return {}
    return dict(facts)
