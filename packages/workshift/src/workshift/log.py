"""Keep the questions of live pages out of the console: static/live.js asks up to 5 times a second."""

import logging


class WithoutLivePages(logging.Filter):
    """Drops the development server's lines about them, unless the answer is an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be shown."""
        routine = record.levelno <= logging.INFO and record.name == "django.server"
        return not (routine and "live= HTTP/" in str(record.args))
