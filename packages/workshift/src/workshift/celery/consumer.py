"""A worker that waits for its broker, and keeps what it holds, however long either takes."""

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

# Seconds between two attempts. Celery's own pause grows to half a minute, which is how long
# tasks would wait after the broker is back.
_PAUSE = 0.5


class PatientConsumer(Consumer):
    """Celery's consumer with another way of waiting; see the setting CELERY_WORKER_CONSUMER.

    It says in one line that the broker is away, and in one that it is back.
    """

    # To celery-types it is a variable.
    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type,misc]
        """Celery's steps of a consumer, and one of ours."""

        default_steps = (*Consumer.Blueprint.default_steps, Visibility)

    def ensure_connected(self, conn: Any) -> Any:
        """Return `conn` when the broker has answered, however long that takes."""
        failures: list[Exception] = []

        def note(error: Exception, pause: float) -> None:
            del pause
            if not failures:
                logger.warning(
                    "The broker at %s is not there (%s). Waiting for it.",
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
        """Clean up as Celery does, without its own lines: ours comes with the next attempt."""
        celery_logger = logging.getLogger(Consumer.__module__)
        level = celery_logger.level
        celery_logger.setLevel(logging.ERROR)
        try:
            with kept_client(self), warnings.catch_warnings():
                # The one there is advises to cancel running tasks; the settings decide against it.
                warnings.simplefilter("ignore", CPendingDeprecationWarning)
                super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            logger.debug("The lost connection was not closed cleanly: %r", error)
        finally:
            celery_logger.setLevel(level)
