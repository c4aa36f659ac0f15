"""Adds an app to this project while it runs: builds it elsewhere, then moves it in at once."""

import os
import subprocess
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import startapp
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from .. import paths
from ..dev.errors import CannotStartError
from ..dev.folder import require_usable
from .errors import CannotAddError
from .names import check_app_name, check_model_name
from .wiring import (
    lists_apps,
    with_address,
    with_checks,
    with_installed_app,
)

# In the project, so that its owner decides what an app looks like.
TEMPLATE = "app_template"

# The project's settings with the new app, used before the app is in the project.
SETTINGS = """
from {module} import *
from {module} import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "{app}"]
"""


class StartApp(startapp.Command):
    """Django's `startapp`, with more variables for the template."""

    stealth_options = ("model_name", "heading")


def add_app(app: str, model: str) -> None:
    """Add the app, with a model called `model`, to the project and its database.

    If this raises CannotAddError, it leaves everything as it was.
    """
    root = paths.project()
    if not (root / TEMPLATE).is_dir():
        raise CannotAddError(
            f"No app was added: {root / TEMPLATE}, the folder that new apps are copied from, is "
            "missing."
        )
    check_app_name(app, root)
    check_model_name(model)
    try:
        require_usable(root)
    except CannotStartError as error:
        raise CannotAddError(f"No app was added. {error}") from error
    edits = _edits(root, app)
    _check_database(app)
    # On the project's file system, but not watched by the reload.
    paths.run().mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=paths.run(), prefix="app-") as folder, ExitStack() as undo:
        stage = Stage(Path(folder), app)
        stage.write(model)
        undo.callback(stage.manage, "migrate", app, "zero")
        stage.manage("migrate", app)
        try:
            # No process reads the folder before the settings name it.
            undo.callback(_rename_if_there, root / app, stage.app)
            stage.app.rename(root / app)
            for path, content in edits.items():
                undo.callback(path.write_bytes, path.read_bytes())
                path.write_bytes(content)
        except OSError as error:
            raise CannotAddError(
                f"No app was added: {error.filename} cannot be written ({error.strerror})."
            ) from error
        undo.pop_all()


def _check_database(app: str) -> None:
    """Raise CannotAddError if an earlier app of this name left its tables behind."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return  # The migration will show what is wrong with the database.
    if app in {label for label, _ in applied}:
        raise CannotAddError(
            f"No app was added: the database has the tables of an earlier app `{app}`. Restore its "
            f"files and run `python manage.py migrate {app} zero`, or choose another name."
        )


def _edits(root: Path, app: str) -> dict[Path, bytes]:
    """Return the new contents of the files that name the apps, in the order to write them."""
    edits = {}
    for path, with_app in (
        (root / "pyproject.toml", with_checks),
        # Before the URLs: their views need an installed app.
        (_settings_file(root), with_installed_app),
        (_file_of(settings.ROOT_URLCONF), with_address),
    ):
        text = path.read_bytes().decode()
        changed = with_app(text.replace("\r\n", "\n"), _name(path, root), app)
        edits[path] = (changed.replace("\n", "\r\n") if "\r\n" in text else changed).encode()
    return edits


def _settings_file(root: Path) -> Path:
    """Return the file that lists the apps: the settings module, or another one in its package.

    Raises CannotAddError if several files do.
    """
    file = _file_of(settings.SETTINGS_MODULE)
    if file.name == "settings.py" or lists_apps(file.read_text()):
        return file
    with_list = [one for one in sorted(file.parent.glob("*.py")) if lists_apps(one.read_text())]
    if len(with_list) > 1:
        names = " and ".join(_name(one, root) for one in with_list)
        raise CannotAddError(
            f"No app was added: {names} each have a list `INSTALLED_APPS = [...]`, and any of them "
            "may be the right one. Make one of them extend the other, as in "
            "`INSTALLED_APPS = [*INSTALLED_APPS, ...]`, and run this again."
        )
    return with_list[0] if with_list else file


def _file_of(module: str) -> Path:
    return Path(import_module(module).__file__ or "")


def _name(path: Path, root: Path) -> str:
    """Return the name of one of the project's files for a message."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _rename_if_there(path: Path, target: Path) -> None:
    if path.exists():
        path.rename(target)


class Stage:
    """A folder where the app is completed before any running process can see it."""

    def __init__(self, folder: Path, app: str) -> None:
        """Prepare to write an app to the empty `folder`."""
        self.app = folder / app
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings_with_app",
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / "settings_with_app.py").write_text(
            SETTINGS.format(module=settings.SETTINGS_MODULE, app=app)
        )

    def write(self, model: str) -> None:
        """Write the app's files, formatted by the project's tools, and its first migration."""
        call_command(
            StartApp(),
            self.app.name,
            str(self.app),
            template=str(paths.project() / TEMPLATE),
            extensions=["py", "html"],
            verbosity=0,
            model_name=model,
            heading=self.app.name.replace("_", " ").capitalize(),
        )
        self.manage("makemigrations", self.app.name)
        # Line breaks and import order depend on the name.
        files = sorted(map(str, self.app.rglob("*.py")))
        known = f'lint.isort.known-first-party = ["{self.app.name}"]'
        self._run("-m", "ruff", "check", "--select", "I", "--fix", "--config", known, *files)
        self._run("-m", "ruff", "format", *files)

    def manage(self, *arguments: str) -> None:
        """Run a management command as if the app were in the project."""
        self._run("manage.py", *arguments)

    def _run(self, *command: str) -> None:
        """Run Python in the project's folder. Raises CannotAddError if it fails."""
        process = subprocess.run(  # noqa: S603 - our own commands.
            [sys.executable, *command],
            cwd=paths.project(),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if process.returncode:
            said = process.stdout.strip()
            reason = said.rpartition("\n")[2] or f"exit code {process.returncode}"
            what = " ".join(command[:3])
            raise CannotAddError(f"No app was added: `python {what}` failed. {reason}")
