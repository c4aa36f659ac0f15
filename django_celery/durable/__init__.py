"""Durable tasks: work whose truth is a database row, so that no crash loses it.

Build a model on `django_celery.durable.models.DurableTask` and say with
`django_celery.durable.tasks.durable_task` what its rows mean; docs/durable-tasks.md shows how.
"""
