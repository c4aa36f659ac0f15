"""Fixtures for all tests of the library."""

from collections.abc import Iterator
from importlib.util import find_spec

import celery
import django
import pytest
from celery import current_app

from tests.mysite.celery import app

pytest_plugins = ["workshift.testing.fixtures"]

# Django 6.0 brought django.tasks.
collect_ignore = [] if django.VERSION >= (6, 0) else ["test_django_tasks.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is about the newest versions if others are installed, and what lacks its pool."""
    for item in items:
        if item.get_closest_marker("newest") and celery.VERSION < (5, 7):
            item.add_marker(pytest.mark.skip(reason="It is about the newest versions."))
        if "gevent" in item.nodeid and find_spec("gevent") is None:
            item.add_marker(pytest.mark.skip(reason="gevent is not installed."))


@pytest.fixture(autouse=True)
def _the_current_app_stays_ours() -> Iterator[None]:
    """A `Celery()` of a test without `set_as_current=False` would take the next tests' tasks."""
    yield
    assert current_app.main == app.main


@pytest.fixture(scope="session")
def worker_options() -> tuple[str, ...]:
    """The tests' own tasks."""
    return ("--include", "tests.tasks")
