"""Whether Redis can be used, and what to do where it answers and still cannot be."""

from typing import Any, NamedTuple

import redis
from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError

from ..celery.broker import key_prefix

# Bytes that Redis must have room for: as much as the doctor's own questions to the workers take.
ROOM = 100_000


class Trouble(NamedTuple):
    """Why Redis cannot be used; without a step of its own, it depends on who should start it."""

    reason: str
    next_step: str = ""


def trouble_with(client: redis.Redis) -> Trouble | None:
    """Return why the Redis of `client` cannot be used for tasks, or None if it can."""
    try:
        client.ping()
        # There is no such key, so nothing is written; but Redis refuses what it would refuse then.
        client.set(f"{key_prefix()}doctor", "." * ROOM, xx=True)
    except redis.AuthenticationError as error:
        if client.connection_pool.connection_kwargs.get("password"):
            return Trouble(str(error), "Correct user and password in REDIS_URL.")
        return Trouble(
            "it wants a password, and is given none",
            "Put it into REDIS_URL: redis://:password@host:port/0.",
        )
    except OutOfMemoryError:
        return Trouble(
            "its memory is full, and it takes no task",
            "Raise maxmemory in redis.conf or at your provider, and now with "
            "`redis-cli CONFIG SET maxmemory`; then look which queue has grown.",
        )
    except ReadOnlyError:
        facts = facts_of(client)
        primary = "{master_host}:{master_port}, ".format_map(facts) if facts else ""
        return Trouble(
            "it is a replica, which can only be read",
            f"Put the address of its primary, {primary}into REDIS_URL.",
        )
    except NoPermissionError:
        # Whoever made this user knows which commands Celery needs.
        return None
    except redis.ResponseError as error:
        return Trouble(str(error), "Its log says more; look for a full disk, too.")
    except redis.RedisError as error:
        return Trouble(str(error))
    return None


def facts_of(client: redis.Redis) -> dict[str, Any]:
    """Return what Redis says about itself.

    That is nothing for the embedded stand-in, and where our user may not ask for INFO.
    """
    try:
        facts: Any = client.info()
    except redis.ResponseError:
        return {}
    return dict(facts)
