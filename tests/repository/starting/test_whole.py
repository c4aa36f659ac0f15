"""Started projects as their owners have them: the whole suite, the stack, side by side."""

import itertools
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from workshift.testing.processes import free_port

from tests.repository.stack.clone import Checkout, Clone, Stack, running
from tests.repository.starting.starter import Template, git, run

pytestmark = pytest.mark.slow

NAMES = ["ox", "my_shop", "a_name_that_is_much_longer_than_the_one_which_it_replaces"]

# The first task of somebody's own, and a call of it that prints what it returns.
TASK = '''"""Tasks."""

from celery import shared_task


@shared_task
def add(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y
'''

CALL = "from {name}.tasks import add; print('Sum:', add.delay(2, 3).get(timeout=60))"


@pytest.fixture(scope="module", params=itertools.product(NAMES, [True, False]), ids=str)
def project(
    request: pytest.FixtureRequest,
    template: Template,
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    with_redis: str,
) -> Iterator[Checkout]:
    """A project of each name, with the demo app and without it."""
    name, demo = request.param
    folder = tmp_path_factory.mktemp("whole") / name
    written = template.copy(folder, demo=demo)
    assert folder.exists(), written
    checkout = Checkout(folder, {**environment, "PATH": with_redis}, package=name)
    yield checkout
    checkout.end()


def first_task(stack: Stack, name: str) -> None:
    """Write a task into a project whose stack runs, and call it."""
    tasks = stack.clone.folder / name / "tasks.py"
    tasks.write_text(TASK)
    stack.wait_for(f"+ {name}.tasks.add")
    shell = stack.clone.manage("shell", "--no-imports", "-c", CALL.format(name=name))
    assert shell.wait() == 0, shell.output
    assert "Sum: 5" in shell.output
    tasks.unlink()


def test_the_whole_suite_is_green(project: Checkout) -> None:
    run(project.folder / "scripts" / "test", folder=Path("/"))

    assert git(project.folder, "status", "--porcelain") == ""


def test_the_stack_runs_and_takes_the_first_task(project: Checkout) -> None:
    with running(project) as stack:
        if (project.folder / "feedback").exists():
            assert stack.visit("first message").startswith("/success/")
            stack.wait_for("\tfirst message")
        first_task(stack, project.folder.name)
        assert stack.interrupt() == 128 + signal.SIGINT
        stack.leaves_nothing()


def test_two_projects_and_the_repository_run_side_by_side(
    template: Template, tmp_path: Path, environment: dict[str, str], with_redis: str
) -> None:
    environment = {**environment, "PATH": with_redis}
    checkouts: list[Checkout] = [Clone(tmp_path / "starter", environment)]
    for name in ("bakery", "library"):
        template.copy(tmp_path / name, port=free_port())
        checkouts.append(Checkout(tmp_path / name, environment, package=name))

    with ExitStack() as together:
        stacks = [together.enter_context(running(checkout)) for checkout in checkouts]
        for stack in stacks:
            stack.visit(f"for {stack.clone.folder.name}")
        for stack in stacks:
            stack.wait_for(f"\tfor {stack.clone.folder.name}")
            assert stack.output.count("Subject: ") == 1
        for stack in stacks[1:]:
            first_task(stack, stack.clone.folder.name)
        for stack in stacks:
            assert stack.interrupt() == 128 + signal.SIGINT
            stack.leaves_nothing()
