"""A template to start projects from, and one such project."""

from pathlib import Path

import pytest

from tests.repository.stack.conftest import environment, with_redis, without_redis
from tests.repository.starting.starter import Template

__all__ = ["environment", "with_redis", "without_redis"]


@pytest.fixture(scope="session", autouse=True)
def _author() -> None:
    """Git wants to know who commits; in CI it does not."""
    patch = pytest.MonkeyPatch()
    for role in ("AUTHOR", "COMMITTER"):
        patch.setenv(f"GIT_{role}_NAME", "Anna")
        patch.setenv(f"GIT_{role}_EMAIL", "anna@example.com")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, _author: None) -> Template:
    """The repository at version 1.0.0; no test changes it."""
    return Template.made_in(tmp_path_factory.mktemp("template") / "starter")


@pytest.fixture(scope="session")
def shop(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project called my_shop, with all that is the default; no test changes it."""
    folder = tmp_path_factory.mktemp("project") / "My Shop"
    written = template.copy(folder)
    assert folder.exists(), written
    return folder
