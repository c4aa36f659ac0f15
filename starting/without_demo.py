"""Take the demo app out of a project."""

from pathlib import Path

from starting.errors import StartingError


def take_out(folder: Path) -> None:
    """Take the demo app out of the project in `folder`, which still has its first name."""
    raise StartingError(f"A project without the demo app is not ready yet ({folder}).")
