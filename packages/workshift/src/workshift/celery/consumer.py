"""A worker that waits for its broker and keeps the tasks it holds, however long that takes."""

import logging
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.utils.log import get_logger
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from .internals import kept_client
from .visibility import Visibility

logger = get_logger(__name__)

# Seconds between two attempts. Celery's own pause grows to half a minute, and tasks would wait
# that long after the broker is back.
_PAUSE = 0.5

# Seconds to wait for an answer. After a restart, RabbitMQ accepts connections before it can say
# anything of a quorum queue.
_PATIENCE = 30


class PatientConsumer(Consumer):
    """Celery's consumer, but it waits differently; see the setting CELERY_WORKER_CONSUMER.

    It logs one line when the broker is gone, and one when it is back.
    """

    # celery-types declares it as a variable.
    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type,misc]
        """Celery's steps of a consumer, and one more."""

        default_steps = (*Consumer.Blueprint.default_steps, Visibility)

    def connection_for_read(self, heartbeat: float | None = None) -> Any:
        """Connect, to wait longer for answers than a page that sends a task may."""
        options = self.app.conf.broker_transport_options
        patient = {"read_timeout": _PATIENCE} if "read_timeout" in options else {}
        connection = self.app.connection_for_read(heartbeat=heartbeat, transport_options=patient)
        return self.ensure_connected(connection)

    def ensure_connected(self, conn: Any) -> Any:
        """Return `conn` once the broker answers, however long that takes."""
        failures: list[Exception] = []

        def note(error: Exception, pause: float) -> None:
            del pause
            if not failures:
                logger.warning(
                    "The broker at %s does not answer (%s). Waiting for it.",
                    conn.as_uri(),
                    error,
                )
            failures.append(error)

        connection = conn.ensure_connection(
            note,
            interval_start=_PAUSE,
            interval_step=0,
            interval_max=_PAUSE,
            callback=maybe_shutdown,
        )
        if failures:
            logger.warning("The broker is back.")
        self.first_connection_attempt = False
        return connection

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Clean up as Celery does, but log nothing: the next attempt logs our line."""
        celery_logger = logging.getLogger(Consumer.__module__)
        level = celery_logger.level
        celery_logger.setLevel(logging.ERROR)
        try:
            with kept_client(self), warnings.catch_warnings():
                # Celery advises to cancel running tasks; the settings decide against it.
                warnings.simplefilter("ignore", CPendingDeprecationWarning)
                super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            logger.debug("The lost connection was not closed cleanly: %r", error)
        finally:
            celery_logger.setLevel(level)
