"""The database: does it answer, and has it all the tables?"""

from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from django_celery.doctor.findings import Findings, ok, problem
from django_celery.doctor.patient import Patient

MIGRATE = "Run `python manage.py migrate`; ./scripts/dev does so at each start."

# How many migrations a line names.
NAMED = 3


def migrations(patient: Patient) -> Findings:
    """Find the migrations that have not been applied."""
    if missing := missing_file():
        yield problem(f"The database {missing} is not there yet.", MIGRATE)
        return
    if patient.database_trouble:
        yield problem(
            f"The database cannot be used: {patient.database_trouble.strip().rstrip('.')}.",
            "Start it, or correct DATABASE_URL.",
        )
        return
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        yield ok(f"The database ({connection.display_name}) has all migrations.")
        return
    names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    yield problem(f"Not applied to the database: {', '.join(names[:NAMED])}{more}.", MIGRATE)


def missing_file() -> Path | None:
    """Return the file of SQLite if it is not there: to connect would create it, empty."""
    database: Any = connection
    if database.vendor != "sqlite" or database.is_in_memory_db():
        return None
    path = Path(database.settings_dict["NAME"])
    return None if path.exists() else path
