"""The one error of this package."""


class CannotAddError(Exception):
    """No app was added, and nothing is left of the attempt; the message is for the user."""
