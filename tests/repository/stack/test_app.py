"""`./scripts/app` beside a running `./scripts/dev`: the new app is there, and nothing restarts."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from workshift.testing.processes import eventually

from tests.repository.stack.clone import Clone, Visitor, running


@pytest.fixture
def growing_clone(clone: Clone) -> Iterator[Clone]:
    """A clone in which a test may add the app `otters`; it is taken out again."""
    with ExitStack() as undo:
        for name in ("pyproject.toml", "django_celery/settings.py", "django_celery/urls.py"):
            undo.enter_context(clone.edited(clone.folder / name, str))
        yield clone
        clone.end()
        clone.manage("migrate", "otters", "zero").wait()
    clone.run("rm", "-r", "otters").wait()


def test_the_task_and_the_page_of_a_new_app_are_live(growing_clone: Clone, with_redis: str) -> None:
    with running(growing_clone, PATH=with_redis) as stack:
        added = growing_clone.run("scripts/app", "otters")

        assert added.wait() == 0, added.output
        stack.wait_for("+ otters.tasks.process")
        # Django's own server looks for changes once in a second.
        eventually(lambda: stack.answers("/otters/"))
        assert stack.submit("/otters/", name="Anna") == "/otters/"
        stack.wait_for("Task otters.tasks.process[")
        eventually(lambda: "Hello Anna, from a worker." in Visitor(stack.port).open("/otters/"))

        # At no moment was there half an app.
        assert "Traceback" not in stack.output
        again = growing_clone.run("scripts/app", "otters")
        assert again.wait() == 1
        assert "otters already exists" in again.output
