"""Examines what the site needs: its database and migrations, its broker, and a worker."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ..migration_plan import planned
from .questions import LIMIT, Question

logger = logging.getLogger(__name__)

# Options with which a database's client itself gives up, on a server that is silent or gone. Seconds;
# only `tcp_user_timeout` is in milliseconds.
PATIENCE: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": int(LIMIT),
        "keepalives_idle": 2,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 4000,
    },
    "mysql": {"connect_timeout": int(LIMIT), "read_timeout": int(LIMIT)},
}

# Seconds for the broker to accept a connection, and to answer on it.
BROKER_LIMIT = 1.0

# Seconds for one of the workers to answer.
WORKER_LIMIT = 1.0


class NotReadyError(Exception):
    """Something answers, but is not as it must be; the message says what to do."""


@contextmanager
def own_database() -> Iterator[BaseDatabaseWrapper]:
    """Use a connection of this thread's own, which is closed afterwards."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    given = connection.settings_dict
    options = {name: value for name, value in given["OPTIONS"].items() if name != "pool"}
    # A copy: the other threads have the same dictionary.
    connection.settings_dict = given | {"OPTIONS": options | PATIENCE.get(connection.vendor, {})}
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def own_broker() -> Iterator[Any]:
    """Use a connection to the broker that gives up after `BROKER_LIMIT` seconds."""
    connection: Any = current_app.connection_for_write(connect_timeout=BROKER_LIMIT)
    if connection.transport.driver_type == "redis":
        options = {"socket_connect_timeout": BROKER_LIMIT, "socket_timeout": BROKER_LIMIT}
        connection.transport_options = {**connection.transport_options, **options}
    with connection:
        # Each address once; what else uses the connection would try for ever.
        connection.ensure_connection(max_retries=len(connection.alt), interval_start=0)
        yield connection


def database() -> None:
    """Ask the database for something that it need not look up."""
    with own_database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class Migrations:
    """Whether the database has the migrations of this code.

    Once it has, it is not asked again: the code of a process does not change, and to read all
    migrations takes long in a large project.
    """

    applied = False

    def __call__(self) -> None:
        """Look for one that is missing."""
        if self.applied:
            return
        with own_database() as connection:
            names = planned(connection)
        if names:
            raise NotReadyError(
                f"{len(names)} not applied, {', '.join(names[:3])} among them. "
                "Run `manage.py migrate`."
            )
        self.applied = True


def broker() -> None:
    """Connect to the broker."""
    with own_broker():
        pass


def worker() -> None:
    """Ask all workers, and wait for the first that answers."""
    with own_broker() as connection:
        control: Any = current_app.control
        if not control.broadcast(
            "ping", reply=True, limit=1, timeout=WORKER_LIMIT, connection=connection
        ):
            raise NotReadyError(f"No worker answered within {WORKER_LIMIT:.0f} s.")


QUESTIONS: dict[str, Question[None]] = {
    name: Question(ask)
    for name, ask in (
        ("database", database),
        ("migrations", Migrations()),
        ("broker", broker),
        ("worker", worker),
    )
}

# What was found last, so that the log says it once and not at each request.
_said: dict[str, str] = {}


def examine() -> dict[str, str]:
    """Examine everything at the same time; return what is wrong with each, often nothing."""
    for question in QUESTIONS.values():
        question.begin()
    found = {name: why_not(question.answer) for name, question in QUESTIONS.items()}
    for name, trouble in found.items():
        if bool(trouble) != bool(_said.get(name)):
            if trouble:
                logger.warning("Not ready: %s. %s", name, trouble)
            else:
                logger.info("Ready again: %s.", name)
        _said[name] = trouble
    return found


def why_not(answer: Callable[[], object]) -> str:
    """Return why there is no answer, in one line, or nothing if there is one."""
    try:
        answer()
    except Exception as error:  # noqa: BLE001 - each client has its own.
        return " ".join(str(error).split()) or type(error).__name__
    return ""
