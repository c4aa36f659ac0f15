"""What `manage.py migrate` would do."""

from typing import Any

from django.db.migrations.executor import MigrationExecutor


def planned(database: Any) -> list[str]:
    """Return the names of the migrations that `migrate` would apply to this connection's database.

    Raises DatabaseError if it cannot be used, and whatever a migration raises that does not load.
    """
    executor = MigrationExecutor(database)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
