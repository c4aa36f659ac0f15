"""Keep the sweep out of the console: it runs every few seconds and mostly finds nothing."""

import logging

# What CELERY_BEAT_SCHEDULE calls the sweep.
SWEEP = "workshift.durable.sweep"


class WithoutSweep(logging.Filter):
    """Drops Celery's routine lines about the sweep: sent, received, succeeded."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be shown."""
        routine = record.levelno <= logging.INFO and record.name.startswith("celery.")
        return not (routine and SWEEP in str(record.args))
