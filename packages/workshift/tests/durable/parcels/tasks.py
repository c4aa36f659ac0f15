"""The work on a parcel, the troubles it may meet, and the same as an ordinary task."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.durable.parcels.models import Crate, Parcel, stop_at
from workshift.durable.tasks import durable_task


def lose(connection: BaseDatabaseWrapper) -> None:
    """Let PostgreSQL close the connection. Raises OperationalError, as any query on it does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@durable_task(Parcel)
def deliver(parcel: Parcel) -> None:
    """Write the parcel's id into the file `delivered`, or meet its trouble."""
    stop_at("before the work")
    match parcel.trouble:
        case "no work":
            return
        case "fails once" if parcel.attempts == 1:
            raise RuntimeError("The first door was closed.")
        case "fails":
            raise RuntimeError("No such\nstreet\0.")
        case "hangs":
            time.sleep(60)
        case "is deaf" if parcel.attempts == 1:
            with contextlib.suppress(SoftTimeLimitExceeded):
                time.sleep(60)
            time.sleep(60)
        case "exits":
            sys.exit("for good")
        case "kills":
            os.kill(os.getpid(), signal.SIGKILL)
        case "loses database":
            with contextlib.suppress(OperationalError):
                lose(connection)
        case "needs database" if parcel.attempts == 1:
            lose(connection)
    with (Path(os.environ["PARCELS"]) / "delivered").open("a") as delivered:
        delivered.write(f"{parcel.pk}\n")


@durable_task(Crate)
def open_crate(crate: Crate) -> None:
    """Never run: there is no table."""


@shared_task(ignore_result=True)
def nothing() -> None:
    """Do nothing, as an ordinary task."""
