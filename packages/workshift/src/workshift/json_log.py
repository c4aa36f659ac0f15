"""Writes each log record as one line of JSON, for programs that collect and search them."""

import logging
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

# Attributes of records that are left out: Python's own, unless they are named below; objects of
# Django's; a task's arguments, which may be anybody's data, with what Celery says twice.
LEFT_OUT = [*RESERVED_ATTRS, "data", "of_request", "request", "server_time"]


class Formatter(JsonFormatter):
    """One object a line: time, level, logger, message, ids, what `extra` holds, and a traceback.

    JSON escapes line breaks, and here everything that is not ASCII too, so no text can forge a line
    or command a terminal.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take no options: gunicorn and Django's settings give their own."""
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            timestamp="time",
            reserved_attrs=LEFT_OUT,
        )
        # Python's warnings are lines, too.
        logging.captureWarnings(capture=True)
