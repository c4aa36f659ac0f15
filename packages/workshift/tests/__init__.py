"""The tests of the library, on a small project of their own: `mysite`."""

from pathlib import Path

# The folder of manage.py, from which the tests start their processes.
ROOT = Path(__file__).resolve().parent.parent
