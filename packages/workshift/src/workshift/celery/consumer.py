"""A worker that waits for its broker, keeps the tasks it holds, and survives odd messages."""

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.utils.log import get_logger
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from .internals import kept_client, skip_unreadable
from .odd_messages import fault_of, log_unreadable
from .retirement import retire
from .time_limits import TimeLimits
from .unknown_tasks import UnknownTasks
from .visibility import Visibility

logger = get_logger(__name__)

# Seconds between two attempts. Celery's own pause grows to half a minute, and tasks would wait
# that long after the broker is back.
_PAUSE = 0.5

# Seconds after which it is said once more that the broker refuses something.
_REFUSAL = 60.0

# Seconds to wait for an answer. After a restart, RabbitMQ accepts connections before it can say
# anything of a quorum queue.
_PATIENCE = 30


class PatientConsumer(Consumer):
    """Celery's consumer, but it waits differently; see the setting CELERY_WORKER_CONSUMER.

    It logs one line when the broker is gone, and one when it is back. Told to stop, it takes no
    more tasks. It holds those that its code does not know yet, and no message ends it.
    """

    unknown_tasks: UnknownTasks

    # celery-types declares it as a variable.
    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type,misc]
        """Celery's steps of a consumer, and three more."""

        default_steps = (
            *Consumer.Blueprint.default_steps,
            *(Visibility, UnknownTasks, TimeLimits),
        )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare, as Celery's consumer does; what is no message will not end this worker."""
        skip_unreadable(log_unreadable)
        self._say_refusal_after = 0.0
        super().__init__(*arguments, **options)

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return what handles a message: Celery's handler, unless it would end this worker."""
        handle = super().create_task_handler(*arguments, **options)

        def handle_or_refuse(message: Any) -> None:
            fault = fault_of(message)
            if not fault:
                handle(message)
                return
            logger.error("Refused a message: %s. Its headers are %.500r.", fault, message.headers)
            # celery-types does not know the errors.
            message.reject_log_error(logger, self.connection_errors)  # type: ignore[attr-defined]

        return handle_or_refuse

    def connection_for_read(self, heartbeat: float | None = None) -> Any:
        """Connect, to wait longer for answers than a page that sends a task may."""
        options = self.app.conf.broker_transport_options
        patient = {"read_timeout": _PATIENCE} if "read_timeout" in options else {}
        connection = self.app.connection_for_read(heartbeat=heartbeat, transport_options=patient)
        return self.ensure_connected(connection)

    def ensure_connected(self, conn: Any) -> Any:
        """Return `conn` once the broker answers, however long that takes."""
        is_away = False

        def note(error: Exception, pause: float) -> None:
            nonlocal is_away
            del pause
            # Only whether: the errors, with all that they refer to, would fill the memory.
            if not is_away:
                is_away = True
                logger.warning(
                    "The broker at %s does not answer (%s). Waiting for it.",
                    conn.as_uri(),
                    error,
                )

        connection = conn.ensure_connection(
            note,
            interval_start=_PAUSE,
            interval_step=0,
            interval_max=_PAUSE,
            callback=maybe_shutdown,
        )
        if is_away:
            logger.warning("The broker is back.")
        self.first_connection_attempt = False
        return connection

    def close(self) -> None:
        """Retire; Celery calls this first of all when the worker is told to stop."""
        retire(self)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Hold the message of a task that only newer code knows, or throw it away as Celery does."""
        if not self.unknown_tasks.hold(self, message):
            super().on_unknown_task(body, message, exc)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Clean up as Celery does, but log nothing: the next attempt logs our line.

        Only that the broker is there and refuses something has to be said here, now and then.
        """
        # celery-types does not know these errors.
        refusals: Any = self.channel_errors  # type: ignore[attr-defined]
        if isinstance(exc, refusals) and time.monotonic() > self._say_refusal_after:
            self._say_refusal_after = time.monotonic() + _REFUSAL
            logger.warning(
                "The broker refuses what the worker asks for (%s). It connects again and again "
                "until that is over.",
                exc,
            )
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
