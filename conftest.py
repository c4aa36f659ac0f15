"""Fixtures for the tests of every app: real servers and real workers. None is faked."""

import pytest
from django.conf import settings

pytest_plugins = ["workshift.testing.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the Russian texts if the site speaks English only."""
    if "ru" not in dict(settings.LANGUAGES):
        for item in items:
            if item.get_closest_marker("russian"):
                item.add_marker(pytest.mark.skip(reason="The site does not speak Russian."))
