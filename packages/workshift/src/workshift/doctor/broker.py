"""Checks the broker: which one it is, whether it answers, and whether Redis keeps its data."""

from typing import Any

import redis
from celery import current_app
from django.conf import settings
from redis.exceptions import NoPermissionError

from .. import paths
from ..celery.broker import without_password
from .context import Context
from .findings import Finding, Findings, note, ok, problem, warning
from .redis_health import Trouble, facts_of


def answers(context: Context) -> Findings:
    """Say which broker this is and whether it is usable."""
    address = without_password(context.broker_url)
    if context.broker_trouble:
        yield silence(context.broker_trouble, context, address)
    elif context.redis is None:
        yield ok(f"{context.broker_name} answers at {address}.")
        if not current_app.conf.result_backend:
            yield note(
                "There is no result backend: nobody can ask what a task has returned.",
                "If somebody wants to, set REDIS_URL. Durable tasks do without.",
            )
    elif facts := info(context):
        name = "Valkey" if facts.get("server_name") == "valkey" else "Redis"
        version = facts.get("valkey_version", facts["redis_version"])
        yield ok(f"{name} {version} answers at {address}.")
    elif forbids_info(context):
        yield note(
            f"Redis answers at {address}, but its user may not use INFO: eviction and persistence "
            "could not be checked.",
            "To allow it: `redis-cli ACL SETUSER <name> +info`.",
        )
    else:
        yield note(
            f"The embedded stand-in answers at {address}; it keeps nothing when it stops.",
            "Use it only for development; otherwise install redis-server or valkey-server.",
        )


def silence(trouble: Trouble, context: Context, address: str) -> Finding:
    """Return what an unusable broker means, which depends on what should have started it."""
    name, variable = (
        ("broker", "CELERY_BROKER_URL") if context.redis is None else ("Redis", "REDIS_URL")
    )
    sentence = (
        f"No usable {name} at {address} ({trouble.reason}); workers and queues cannot be checked "
        "without it."
    )
    if trouble.next_step:
        return problem(sentence, trouble.next_step)
    if not context.has_redis_of_its_own:
        return problem(sentence, f"Start it, or correct {variable} in .env or the environment.")
    if not settings.DEBUG:
        return problem(sentence, f"Set REDIS_URL: only {paths.dev()} starts a Redis.")
    if context.stack:
        return problem(
            sentence,
            f"{paths.dev()} is running (process {context.stack}); see its output and "
            ".run/redis.log.",
        )
    return note("Neither Redis nor a worker is running.", f"Start them with {paths.dev()}.")


def eviction(context: Context) -> Findings:
    """Check what happens when memory is full: queues have no expiry time."""
    if not (facts := info(context)):
        return
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys-"):
        yield problem(
            f"When its memory is full, this Redis evicts any key, even a queue "
            f"(maxmemory-policy is {policy}): tasks are lost.",
            "Set it to noeviction in redis.conf or at your provider, and until a restart with "
            "`redis-cli CONFIG SET maxmemory-policy noeviction`.",
        )
    else:
        yield ok(f"Redis keeps the queues when its memory is full ({policy}).")


def persistence(context: Context) -> Findings:
    """Check that waiting tasks survive a restart of Redis, and that it can write."""
    if not (facts := info(context)):
        return
    for name in ("aof_last_write_status", "rdb_last_bgsave_status"):
        if facts.get(name, "ok") != "ok":
            yield problem(
                f"Redis cannot write its data to disk ({name} is {facts[name]}) and may refuse "
                "new tasks.",
                "Check its log for a full disk or missing permissions.",
            )
            return
    if facts.get("aof_enabled"):
        yield ok("Redis writes each change to disk (appendonly): waiting tasks survive a restart.")
    elif snapshots(context):
        yield warning(
            "Redis writes its data to disk only now and then: a crash loses the newest tasks.",
            "Set appendonly to yes in redis.conf. Durable tasks survive without it.",
        )
    else:
        yield warning(
            "Redis keeps nothing on disk: a restart loses the waiting tasks.",
            "Set appendonly to yes in redis.conf. Durable tasks survive without it.",
        )


def snapshots(context: Context) -> bool:
    """Tell whether Redis saves its data now and then; assume so if it does not say."""
    client: Any = context.redis
    try:
        answer = client.config_get("save")
    except redis.RedisError:
        return True
    return bool(answer.get("save"))


def info(context: Context) -> dict[str, Any]:
    """Return what Redis says about itself, or nothing if it is unusable or not the broker."""
    return {} if context.redis is None or context.broker_trouble else facts_of(context.redis)


def forbids_info(context: Context) -> bool:
    """Tell whether Redis forbids our user the INFO command."""
    client: Any = context.redis
    try:
        client.info()
    except redis.ResponseError as error:
        return isinstance(error, NoPermissionError)
    return False
