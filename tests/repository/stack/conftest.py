"""Clones to run the stack in, on machines with a Redis and without one."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshift.testing import programs
from workshift.testing.processes import free_port

from tests.repository.stack.clone import Clone

# What a clone's processes may know of the shell that the tests were started from: how to reach
# the package index, and nothing of Python, Django or this project.
PASSED_ON = {"HOME", "LANG", "LC_ALL", "LOGNAME", "TMPDIR", "USER", "XDG_CACHE_HOME"}

PASSED_ON_IF = ("PIP_", "SSL_", "UV_")


@pytest.fixture(scope="session")
def without_redis(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with all programs of this machine but a Redis; its `uv` is there and does not run.

    That is what a version manager's shim does in a project that asks for another version.
    """
    folder = tmp_path_factory.mktemp("programs")
    for source in os.environ["PATH"].split(os.pathsep):
        for program in Path(source).glob("*"):
            link = folder / program.name
            if not (link.is_symlink() or program.name.startswith(("redis-", "valkey-"))):
                link.symlink_to(program)
    for name in ("python3", "uv"):
        (folder / name).unlink(missing_ok=True)
    # The interpreter that the tests run on, without their virtual environment.
    (folder / "python3").symlink_to(os.path.realpath(sys.executable))
    (folder / "uv").write_text("#!/bin/sh\nexit 127\n")
    (folder / "uv").chmod(0o755)
    return str(folder)


@pytest.fixture(scope="session")
def with_redis(without_redis: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same PATH with a Redis on it."""
    program = programs.redis()
    folder = tmp_path_factory.mktemp("redis")
    (folder / program.name).symlink_to(program)
    return f"{without_redis}{os.pathsep}{folder}"


@pytest.fixture(params=["without_redis", "with_redis"])
def path(request: pytest.FixtureRequest) -> str:
    """The PATH of a machine without a Redis in one run of the test, with one in the other."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def environment(without_redis: str) -> dict[str, str]:
    """The environment of somebody who has just come to a machine without a Redis."""
    passed_on = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON
        or name.startswith(PASSED_ON_IF)
        or name.lower().endswith(("http_proxy", "https_proxy", "no_proxy"))
    }
    return {**passed_on, "PATH": without_redis}


@pytest.fixture(scope="session")
def fresh_clone(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Clone]:
    """A clone in which nothing has been run before the first test that asks for it."""
    clone = Clone(tmp_path_factory.mktemp("fresh") / "a clone", environment)
    yield clone
    clone.end()


@pytest.fixture(scope="session")
def session_clone(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Clone]:
    """The clone of the fixture `clone`."""
    clone = Clone(tmp_path_factory.mktemp("ready") / "another clone", environment)
    assert clone.run("scripts/setup").wait() == 0
    assert clone.manage("migrate").wait() == 0
    # The default one may be held, by `./scripts/dev` in the developer's own folder for one.
    port = re.sub(r"^PORT=.*$", f"PORT={free_port()}", clone.dotenv.read_text(), flags=re.MULTILINE)
    clone.dotenv.write_text(port)
    # The demo's task pretends to work for some seconds; the tests need not wait for that.
    text = clone.dotenv.read_text()
    clone.dotenv.write_text(text.replace("FEEDBACK_DELAY_SECONDS=5", "FEEDBACK_DELAY_SECONDS=0"))
    yield clone
    clone.end()


@pytest.fixture
def clone(session_clone: Clone) -> Iterator[Clone]:
    """A clone in which all has been set up and nothing runs; its tasks take no time."""
    assert not session_clone.processes()
    yield session_clone
    session_clone.end()
