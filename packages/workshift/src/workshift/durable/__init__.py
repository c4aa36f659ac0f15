"""Durable tasks: work whose state is in a database row, so that no crash loses it.

Derive a model from `workshift.durable.models.DurableTask`, and decorate the function that processes
its rows with `workshift.durable.tasks.durable_task`; docs/durable-tasks.md shows how.
"""
