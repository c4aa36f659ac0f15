"""A fresh site for each test of the web server."""

from pathlib import Path

import pytest

from tests.web.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site in an empty folder."""
    return Site(tmp_path / "site")
