"""Celery workers for Django that run edited code as soon as it is saved, and tasks that last.

The public API is the apps `workshift`, `workshift.durable` and `workshift.mailbox`, their commands
and what the README names. Everything else is private and may change in any version.
"""
