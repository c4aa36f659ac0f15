"""Keeps the requests of live pages out of the console: live.js sends up to 5 a second."""

import logging


class WithoutLivePages(logging.Filter):
    """Drops the development server's lines about these requests, unless they fail."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to log the record."""
        routine = record.levelno <= logging.INFO and record.name == "django.server"
        return not (routine and "live= HTTP/" in str(record.args))
