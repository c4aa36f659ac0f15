"""What keeps the stack from starting."""


class CannotStartError(Exception):
    """The stack cannot be started; the message is a sentence for the user with the next step."""
