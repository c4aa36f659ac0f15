"""Tasks that note which version of the code ran them, and when."""

import os
import time
from pathlib import Path

import redis
from celery import Task, shared_task

VERSION = 0

notes = redis.Redis.from_url(os.environ["PROBE_REDIS"])

# One line for each worker that gets as far as loading this version.
with Path(os.environ["PROBE_BOOTS"]).open("a") as boots:
    boots.write(f"{os.getpid()} {VERSION}\n")


@shared_task(ignore_result=True)
def note(number: int, sent_at: float) -> None:
    """Note that task `number`, sent at `sent_at` on the monotonic clock, has begun."""
    notes.rpush("notes", f"{number} {VERSION} {sent_at!r} {time.monotonic()!r}")


@shared_task(bind=True)
def work(self: "Task[[float], None]", seconds: float) -> None:
    """Be busy for so many seconds, and note the beginning and the end."""
    notes.rpush("began", f"{self.request.id} {os.getpid()}")
    time.sleep(seconds)
    notes.rpush("ended", f"{self.request.id} {os.getpid()}")
