"""Checks that the database answers and is up to date."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from ..migration_plan import planned
from .context import Context
from .findings import Findings, ok, problem

MIGRATE = "Run `python manage.py migrate`; `python manage.py dev` does so at each start."

# The most migrations to name in a line.
NAMED = 3


def migrations(context: Context) -> Findings:
    """Find the migrations that have not been applied."""
    missing = missing_file()
    if missing and not missing.parent.is_dir():
        yield problem(
            f"The folder {missing.parent}, where the database should be, does not exist.",
            "Create it, or correct DATABASE_URL.",
        )
        return
    if missing:
        yield problem(f"The database {missing} does not exist yet.", MIGRATE)
        return
    if context.database_trouble:
        yield problem(
            f"The database cannot be used: {context.database_trouble.strip().rstrip('.')}.",
            f"It must be an SQLite file that you can write, in a folder that you can write: check "
            f"{connection.settings_dict['NAME']}."
            if connection.vendor == "sqlite"
            else "Start it, or correct DATABASE_URL.",
        )
        return
    names = planned(connection)
    if not names:
        yield ok(f"The database ({connection.display_name}) has all migrations.")
        return
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    yield problem(f"Not applied to the database: {', '.join(names[:NAMED])}{more}.", MIGRATE)


def models(_context: Context) -> Findings:
    """Find the models that have changed since their last migration."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    if changed := sorted(detector.changes(graph=loader.graph)):
        yield problem(
            f"The models in {', '.join(changed)} have changed without a migration.",
            "Run `python manage.py makemigrations`, then `python manage.py migrate`.",
        )
    else:
        yield ok("No model has changed since the last migration.")


def missing_file() -> Path | None:
    """Return the SQLite file if it is missing: connecting would create an empty one."""
    database: Any = connection
    if database.vendor != "sqlite" or database.is_in_memory_db():
        return None
    path = Path(database.settings_dict["NAME"])
    return None if path.exists() else path
