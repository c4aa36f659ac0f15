"""A Celery worker on Django's own reloader, as recipes for Django projects write it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import autoreload

from django_celery.celery import app


class Command(BaseCommand):
    """Run the worker in the thread that `runserver` would run the web server in."""

    help = "Runs a Celery worker that Django's reloader starts again when a file changes."
    # The worker makes Django's checks itself.
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the worker until it is interrupted."""
        autoreload.run_with_reloader(self.run_worker)

    def run_worker(self) -> None:
        """Run one worker; called anew in each process that the reloader starts."""
        autoreload.raise_last_exception()
        app.worker_main(["worker", "--loglevel", "INFO", "--concurrency", "2"])
