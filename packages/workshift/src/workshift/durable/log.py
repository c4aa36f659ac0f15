"""Keeps the sweep out of the console: it runs every few seconds and usually finds nothing."""

import logging

# The task name of the sweep in CELERY_BEAT_SCHEDULE.
SWEEP = "workshift.durable.sweep"

# The same of the clean-up.
CLEAN_UP = "workshift.durable.clean_up"


class WithoutSweep(logging.Filter):
    """Drops Celery's routine lines about the sweep: sent, received, succeeded."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to log the record."""
        routine = record.levelno <= logging.INFO and record.name.startswith("celery.")
        return not (routine and SWEEP in str(record.args))
