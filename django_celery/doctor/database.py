"""The database: does it answer, and has it all the tables?"""

from pathlib import Path

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from django_celery.doctor.findings import Findings, ok, problem
from django_celery.doctor.patient import Patient

MIGRATE = "Run `python manage.py migrate`; ./scripts/dev does so at each start."

# How many migrations a line names.
NAMED = 3


def migrations(_patient: Patient) -> Findings:
    """Find the migrations that have not been applied."""
    name = str(connection.settings_dict["NAME"])
    # To connect would create it, and looking at something should not change it.
    if connection.vendor == "sqlite" and ":memory:" not in name and not Path(name).exists():
        yield problem(f"The database {name} is not there yet.", MIGRATE)
        return
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield problem(
            f"The database cannot be used: {' '.join(str(error).split())}",
            "Start it, or correct DATABASE_URL.",
        )
        return
    if not plan:
        yield ok(f"The database ({connection.display_name}) has all migrations.")
        return
    names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    yield problem(f"Not applied to the database: {', '.join(names[:NAMED])}{more}.", MIGRATE)
