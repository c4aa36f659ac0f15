"""Redis: which one it is, whether it answers, and whether it keeps what it is given."""

from typing import Any

import redis
from django.conf import settings
from redis.exceptions import NoPermissionError

from .. import paths
from ..celery.broker import is_redis, without_password
from .context import Context
from .findings import Finding, Findings, note, ok, problem, warning
from .redis_health import Trouble, facts_of


def answers(context: Context) -> Findings:
    """Say which Redis this is, and whether it can be used."""
    address = without_password(context.broker_url)
    if not is_redis(context.broker_url):
        yield note(f"The broker is at {address}; this looks at Redis only, and asks no worker.")
        return
    if context.redis_trouble:
        yield silence(context.redis_trouble, context, address)
    elif facts := info(context):
        name = "Valkey" if facts.get("server_name") == "valkey" else "Redis"
        version = facts.get("valkey_version", facts["redis_version"])
        yield ok(f"{name} {version} answers at {address}.")
    elif forbids_info(context):
        yield note(
            f"Redis answers at {address}, but its user there may not ask for INFO: what it throws "
            "out and what it keeps could not be looked at.",
            "To let it, `redis-cli ACL SETUSER <name> +info`.",
        )
    else:
        yield note(
            f"The embedded stand-in answers at {address}; it keeps nothing when it stops.",
            "Fit for development only; install redis-server or valkey-server for more.",
        )


def silence(trouble: Trouble, context: Context, address: str) -> Finding:
    """Return what it means that Redis cannot be used, which depends on who should start it."""
    sentence = (
        f"No usable Redis at {address} ({trouble.reason}); workers and queues cannot be asked "
        "without it."
    )
    if trouble.next_step:
        return problem(sentence, trouble.next_step)
    if not context.has_redis_of_its_own:
        return problem(sentence, "Start it, or correct REDIS_URL in .env or the environment.")
    if not settings.DEBUG:
        return problem(sentence, f"Set REDIS_URL: only {paths.dev()} starts a Redis by itself.")
    if context.stack:
        return problem(
            sentence,
            f"{paths.dev()} runs (process {context.stack}); look at its output and at "
            ".run/redis.log.",
        )
    return note("Nothing runs here, neither a Redis nor a worker.", f"Start it with {paths.dev()}.")


def eviction(context: Context) -> Findings:
    """Find out what happens when the memory is full: no queue ever has an expiry time."""
    if not (facts := info(context)):
        return
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys-"):
        yield problem(
            f"When its memory is full, this Redis throws out any key, the queue among them "
            f"(maxmemory-policy is {policy}): tasks are lost.",
            "Set it to noeviction: in redis.conf or at your provider, and now with "
            "`redis-cli CONFIG SET maxmemory-policy noeviction`.",
        )
    else:
        yield ok(f"Redis throws out no queue when its memory is full ({policy}).")


def persistence(context: Context) -> Findings:
    """Find out whether waiting tasks survive a restart of Redis, and whether it can write."""
    if not (facts := info(context)):
        return
    for name in ("aof_last_write_status", "rdb_last_bgsave_status"):
        if facts.get(name, "ok") != "ok":
            yield problem(
                f"Redis cannot write its data to disk ({name} is {facts[name]}) and may refuse "
                "new tasks.",
                "Look for a full disk and for missing permissions in its log.",
            )
            return
    if facts.get("aof_enabled"):
        yield ok("Redis writes each change to disk (appendonly): waiting tasks survive a restart.")
    elif snapshots(context):
        yield warning(
            "Redis writes its data to disk now and then only: a crash loses the newest tasks.",
            "Set appendonly to yes in redis.conf. Durable tasks survive without it.",
        )
    else:
        yield warning(
            "Redis keeps nothing on disk: a restart loses the tasks that wait.",
            "Set appendonly to yes in redis.conf. Durable tasks survive without it.",
        )


def snapshots(context: Context) -> bool:
    """Tell whether Redis saves its data from time to time; yes, if it does not let us know."""
    try:
        answer: Any = context.redis.config_get("save")
    except redis.RedisError:
        return True
    return bool(answer.get("save"))


def info(context: Context) -> dict[str, Any]:
    """Return what a usable Redis says about itself, if it does."""
    return {} if context.redis_trouble else facts_of(context.redis)


def forbids_info(context: Context) -> bool:
    """Tell whether Redis lets nobody ask who has our name and password."""
    try:
        context.redis.info()
    except redis.ResponseError as error:
        return isinstance(error, NoPermissionError)
    return False
