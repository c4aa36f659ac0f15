"""The files of a project that a test writes."""

from pathlib import Path


class Files:
    """The files below a folder."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        """Write a file as an editor does that saves in place."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text()
