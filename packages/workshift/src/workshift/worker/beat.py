"""Runs periodic tasks in development: a beat inside the worker that is handed over at each reload.

Celery's embedded beat sleeps in a thread that nothing can wake, and two generations would write
its schedule file at the same time. This one ticks in the worker's event loop, which gevent and
eventlet have not got. A lock makes sure that only one beats, and a small file carries over when
each entry ran last.
"""

import fcntl
from pathlib import Path
from typing import IO, Any

from celery import bootsteps
from celery.beat import Scheduler
from celery.utils.log import get_logger
from celery.utils.time import maybe_make_aware

from . import last_runs
from .last_runs import LastRuns
from .retire import Retirement

logger = get_logger(__name__)

# Seconds between two looks whether the outgoing generation has let go of the lock.
_LOCK_INTERVAL = 0.05

# Seconds between two ticks at the most.
_MAX_INTERVAL = 60.0

# And at the least: just before an entry is due Celery answers with a negative number, at which
# kombu's loop would fire its ten timers a turn at once and then sleep up to a second.
_MIN_INTERVAL = 0.01

# Seconds until the next tick after one that failed.
_AFTER_ERROR = 1.0


class Beat:
    """Sends the tasks of `CELERY_BEAT_SCHEDULE` when they are due, until told to stop."""

    def __init__(self, app: Any, hub: Any, folder: Path) -> None:
        """Tick in `hub`'s loop; keep the lock and the times of the last runs in `folder`."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._hub = hub
        self._state = folder / "beat.json"
        self._lock: IO[str] = (folder / "beat.lock").open("w")
        self._scheduler = Scheduler(app)
        self._saved: LastRuns | None = None
        self._stopped = False

    @classmethod
    def bootstep(cls, retirement: Retirement, folder: Path) -> type[bootsteps.StartStopStep]:
        """Return the consumer bootstep that starts the beat, and stops it at `retirement`.

        The beat keeps its files in `folder`.
        """

        class EmbeddedBeat(bootsteps.StartStopStep):
            requires = ("celery.worker.consumer.tasks:Tasks",)
            beat: Beat | None = None

            def __init__(self, consumer: Any, **options: Any) -> None:
                super().__init__(consumer, **options)
                if consumer.hub is None and consumer.app.conf.beat_schedule:
                    logger.warning(
                        "The entries of CELERY_BEAT_SCHEDULE do not run in this worker, as its "
                        "pool has no event loop. Run `celery -A %s beat` beside it.",
                        consumer.app.main,
                    )

            def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
                if self.beat is None and consumer.app.conf.beat_schedule:
                    try:
                        self.beat = cls(consumer.app, hub, folder)
                    except OSError as error:
                        logger.error(  # noqa: TRY400 - one line; a traceback says no more.
                            "The entries of CELERY_BEAT_SCHEDULE do not run: %s cannot be used "
                            "(%s). It and its folder must be yours to write; then start the "
                            "worker again.",
                            error.filename,
                            error.strerror,
                        )
                        return
                    retirement.before(self.beat.stop)
                    hub.call_soon(self.beat.start)

        return EmbeddedBeat

    def start(self) -> None:
        """Wait for the lock, then begin where the last beat stopped."""
        if self._stopped:
            return
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._hub.call_later(_LOCK_INTERVAL, self.start)
            return
        self._restore()
        self._tick()

    def stop(self) -> None:
        """Send nothing more, and let the next beat begin."""
        self._stopped = True
        self._lock.close()

    def _tick(self) -> None:
        if self._stopped:
            return
        interval = _AFTER_ERROR
        try:
            self._correct_the_future()
            interval = self._scheduler.tick()
            self._save()
        except Exception:
            logger.exception(
                "The beat could not send what is due or note in %s that it did. It goes on; if "
                "this comes again, free space on the disk or run a beat beside the worker.",
                self._state,
            )
        finally:
            interval = min(max(interval, _MIN_INTERVAL), _MAX_INTERVAL)
            self._hub.call_later(interval, self._tick)

    def _save(self) -> None:
        if (runs := self._runs()) != self._saved:
            last_runs.write(self._state, runs)
            self._saved = runs

    def _runs(self) -> LastRuns:
        return {
            name: (entry.last_run_at, entry.total_run_count)
            for name, entry in self._scheduler.schedule.items()
            if entry.last_run_at is not None
        }

    def _restore(self) -> None:
        try:
            runs = last_runs.read(self._state)
        except last_runs.UnreadableError as error:
            logger.warning(
                "%s cannot be read (%s). It is written anew, and the entries of "
                "CELERY_BEAT_SCHEDULE count from now.",
                self._state,
                error,
            )
            return
        for name, (last_run_at, count) in runs.items():
            if entry := self._scheduler.schedule.get(name):
                # In the zone of the schedule again: a change of its clocks may be in between.
                zone = entry.default_now().tzinfo
                is_aware = last_run_at.tzinfo is not None
                entry.last_run_at = last_run_at.astimezone(zone) if is_aware else last_run_at
                entry.total_run_count = count

    def _correct_the_future(self) -> None:
        """Have entries that ran last in the future, by a clock that was wrong, count from now."""
        corrected = False
        for entry in self._scheduler.schedule.values():
            now = entry.default_now()
            if entry.last_run_at and maybe_make_aware(entry.last_run_at) > maybe_make_aware(now):
                entry.last_run_at = now
                corrected = True
        if corrected:
            self._scheduler.populate_heap()
