"""The repository as a template with versions, and projects that copier makes from it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import pytest
from workshift.testing.processes import eventually

from tests.repository.stack.clone import Clone

# The spelling of our name with anything between its words. What follows are other packages.
LEFTOVER = r"django.?.?.?celery(?!-beat|-results)"


class Template:
    """A clone of the repository whose every state is a commit, and some of them a version."""

    def __init__(self, folder: Path) -> None:
        """Take the template in `folder`."""
        self.folder = folder

    @classmethod
    def made_in(cls, folder: Path) -> Self:
        """Make version 1.0.0 of what is in the repository at the moment, uncommitted or not."""
        Clone(folder, {})
        # Without the history: how much of it is here, and which tags, differs.
        shutil.rmtree(folder / ".git")
        git(folder, "init", "--quiet", "--initial-branch=main")
        template = cls(folder)
        template.release("v1.0.0")
        return template

    def release(self, tag: str) -> None:
        """Commit everything and give it a version."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", tag)
        git(self.folder, "tag", tag)

    def copy(self, target: Path, **answers: object) -> str:
        """Let copier start a project; return what it has written, whatever its exit code is."""
        data = [f"--data={name}={value}" for name, value in answers.items()]
        command = [sys.executable, "-m", "copier", "copy", "--trust", "--defaults", *data]
        # As somebody types it: a relative path, which means nothing inside of the project.
        source = os.path.relpath(self.folder, target.parent)
        return run(*command, source, target.name, folder=target.parent, check=False)


def run(
    *command: str | Path,
    folder: Path,
    environment: dict[str, str] | None = None,
    check: bool = True,
) -> str:
    """Run a command to its end and return all that it has written.

    Raises AssertionError with that if it fails, unless `check` is off.
    """
    # The tests' own settings must not become those of a project.
    passed_on = {
        name: value
        for name, value in os.environ.items()
        if name in {"HOME", "PATH", "TMPDIR", "VIRTUAL_ENV"} or name.startswith(("GIT_", "UV_"))
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**passed_on, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stdout
    return done.stdout


def interrupted(*command: str | Path, folder: Path, when: Callable[[], object]) -> str:
    """Run a command, press Ctrl-C when something has become true, and return all it has written."""
    # Where this test run ignores the signal, as in the background of a shell, the command would too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As a terminal does, the signal goes to all processes of the group.
        process_group=0,
    ) as process:
        signal.signal(signal.SIGINT, before)
        eventually(when)
        os.killpg(process.pid, signal.SIGINT)
        written, _ = process.communicate()
    assert process.returncode == 130, written
    return written


def start(clone: Path, *arguments: str | Path, folder: Path) -> str:
    """Run what `scripts/start` runs in a clone, with the packages of the tests, from `folder`."""
    return run(
        *(sys.executable, "-P", "-m", "starting", *arguments),
        folder=folder,
        environment={"PYTHONPATH": str(clone)},
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it writes."""
    return run("git", *arguments, folder=folder)


def tool(name: str) -> Path:
    """Return the path of a program of the environment that the tests run in."""
    return Path(sys.executable).with_name(name)


def tracked(folder: Path) -> Iterable[Path]:
    """Return the paths of the files that git tracks in a folder."""
    return [folder / name for name in git(folder, "ls-files").splitlines()]


def configure_git(patch: pytest.MonkeyPatch, folder: Path, setting: str) -> None:
    """Give git a user's configuration with one setting in it, kept in `folder`."""
    name, _, value = setting.partition("=")
    patch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    git(folder, "config", "--global", name, value)
