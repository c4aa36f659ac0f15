"""A fresh project, or site, for each test of the snapshots."""

from tests.reload.conftest import project
from tests.web.conftest import site

__all__ = ["project", "site"]
