"""Hides the passwords in addresses, such as that of the database, where settings are shown.

Django and Celery hide a setting by its name (PASSWORD, TOKEN …), but not what is in an address.
"""

import re
from typing import Any

from django.views.debug import SafeExceptionReporterFilter

# From the user's name to the last @ before a space: whatever the password contains.
_PASSWORD = re.compile(r"(?<=://)([^\s:/?#@]*):\S*@")


def without_passwords(value: Any) -> Any:
    """Return a setting's value with the passwords of the addresses in it starred out."""
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1:********@", value)
    if isinstance(value, dict):
        return {name: without_passwords(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_passwords(one) for one in value]
    return value


class ReporterFilter(SafeExceptionReporterFilter):
    """Django's filter for its pages and e-mails about errors; see DEFAULT_EXCEPTION_REPORTER_FILTER."""

    def cleanse_setting(self, key: str | int, value: Any) -> Any:
        """Return the value as it may be shown."""
        cleansed = super().cleanse_setting(key, value)
        return without_passwords(cleansed) if isinstance(cleansed, str) else cleansed
