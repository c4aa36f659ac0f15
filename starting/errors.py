"""What keeps a project from being started or renamed."""


class StartingError(Exception):
    """One sentence that says what is wrong and what to do. Nothing has been changed."""
