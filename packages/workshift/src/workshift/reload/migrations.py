"""Finds the migrations that the database lacks, without loading them if it lacks none."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from ..migration_plan import planned


def unapplied() -> list[str]:
    """Return the names of the migrations that are not applied to the database.

    Nothing is said of a database that is not configured, does not answer, or was never migrated:
    there may be no use for one. A file of SQLite that is not there is not made.
    """
    if _has_no_file():
        return []
    try:
        there = set(MigrationRecorder(connection).applied_migrations())
        new = _on_disk() - there
        return _planned(new) if there and new else []
    except (DatabaseError, ImproperlyConfigured):
        return []
    finally:
        connection.close()


def _on_disk() -> set[tuple[str, str]]:
    found = set()
    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        try:
            folders = import_module(package).__path__ if package else []
        except ImportError:
            continue
        names = [module.name for module in pkgutil.iter_modules(folders)]
        found |= {(config.label, name) for name in names if name[0] not in "_~"}
    return found


def _planned(new: set[tuple[str, str]]) -> list[str]:
    """Return what `migrate` would apply: of squashed migrations, maybe nothing at all."""
    try:
        return planned(connection)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - a migration that does not load; `migrate` says why.
        return [f"{app}.{name}" for app, name in sorted(new)]


def _has_no_file() -> bool:
    database: Any = connection
    if database.vendor != "sqlite" or database.is_in_memory_db():
        return False
    return not Path(database.settings_dict["NAME"]).exists()
