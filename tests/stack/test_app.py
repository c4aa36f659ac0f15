"""`./scripts/app` beside a running `./scripts/dev`: the new app is there, and nothing restarts."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.processes import eventually
from tests.stack.clone import Clone, Visitor, running


@pytest.fixture
def growing_clone(clone: Clone) -> Iterator[Clone]:
    """A clone in which a test may add the app `orders`; it is taken out again."""
    with ExitStack() as undo:
        for name in ("pyproject.toml", "django_celery/settings.py", "django_celery/urls.py"):
            undo.enter_context(clone.edited(clone.folder / name, str))
        yield clone
        clone.end()
        clone.manage("migrate", "orders", "zero").wait()
    clone.run("rm", "-r", "orders").wait()


def test_the_task_and_the_page_of_a_new_app_are_live(growing_clone: Clone, with_redis: str) -> None:
    with running(growing_clone, PATH=with_redis) as stack:
        added = growing_clone.run("scripts/app", "orders")

        assert added.wait() == 0, added.output
        stack.wait_for("+ orders.tasks.process")
        # Django's own server looks for changes once in a second.
        eventually(lambda: stack.answers("/orders/"))
        assert stack.submit("/orders/", name="Anna") == "/orders/"
        stack.wait_for("Task orders.tasks.process[")
        eventually(lambda: "Hello Anna, from a worker." in Visitor(stack.port).open("/orders/"))

        # At no moment was there half an app.
        assert "Traceback" not in stack.output
        again = growing_clone.run("scripts/app", "orders")
        assert again.wait() == 1
        assert "orders exists already" in again.output
