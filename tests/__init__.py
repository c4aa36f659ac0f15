"""The tests of what crosses apps; those of an app stand in the app."""

from pathlib import Path

# The folder of the project.
ROOT = Path(__file__).resolve().parent.parent
