"""`manage.py runredis`: the `redis` process of Procfile.dev."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_celery import broker, paths
from django_celery.stack.errors import CannotStartError
from django_celery.stack.folder import require_usable
from django_celery.stack.ports import redis_port, require_free
from django_celery.stack.redis_process import serve, stand_by


class Command(BaseCommand):
    """Run a Redis for this project, unless REDIS_URL names one."""

    help = "Run a Redis for this project until it is stopped; none if REDIS_URL names one."
    # Other processes report the problems of the project; Redis runs in spite of them.
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        try:
            port = redis_port()
            if port is None:
                stand_by(broker.address(), self.stdout.write)
                return
            require_usable(paths.project())
            require_free("REDIS_PORT", port)
        except CannotStartError as error:
            raise CommandError(str(error)) from error
        sys.exit(serve(port, self.stdout.write))
