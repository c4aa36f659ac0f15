"""How the tests are shared out among the processes of pytest-xdist."""

import pytest

# Fixtures that take long to make, and how many tests share one. One process runs all of these.
SHARED = {
    "session_clone": "session",
    "updated": "module",
    "browser": "module",
    "production": "module",
    "broker": "module",
}

# Words of those that take longest. They begin first, so that no process is left alone with one.
LONGEST = (
    "test_a_project_from_before_the_library",
    "test_every_submission",
    "test_apps_of_any_name",
    "test_a_page_does_what_it_says",
    "stack/",
    "starting/",
    "addapp/",
    "browser/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that share a fixture into a group, and the longest tests first."""
    for item in items:
        for name in SHARED.keys() & set(getattr(item, "fixturenames", ())):
            where = item.path.name if SHARED[name] == "module" else ""
            item.add_marker(pytest.mark.xdist_group(f"{name} {where}".strip()))

    def rank(item: pytest.Item) -> int:
        return next((i for i, words in enumerate(LONGEST) if words in item.nodeid), len(LONGEST))

    items.sort(key=rank)
