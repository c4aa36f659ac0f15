"""This package's only error."""


class CannotAddError(Exception):
    """No app was added, and nothing was changed; the message is for the user."""
