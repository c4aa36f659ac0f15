"""The error that keeps the stack from starting."""


class CannotStartError(Exception):
    """The stack cannot start; the message is a sentence for the user with the next step."""
