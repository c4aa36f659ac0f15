"""Durable tasks: work whose truth is a database row, so that no crash loses it.

Build a model on `workshift.durable.models.DurableTask` and say with
`workshift.durable.tasks.durable_task` what its rows mean; docs/durable-tasks.md shows how.
"""
