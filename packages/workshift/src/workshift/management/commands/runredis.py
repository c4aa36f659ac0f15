"""`manage.py runredis`: the `redis` process of Procfile.dev."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import paths
from ...celery import broker
from ...dev.errors import CannotStartError
from ...dev.folder import require_usable
from ..extra import only_for_development

with only_for_development():
    from ...dev.ports import require_free
    from ...dev.redis_process import serve, stand_by


class Command(BaseCommand):
    """Runs a Redis for this project, unless it uses another one or none."""

    help = (
        "Run a Redis for this project until it is stopped; none if REDIS_URL names one, or if neither "
        "the broker nor the results need it."
    )
    # Other processes report the project's problems; Redis runs despite them.
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_: Any, **__: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        try:
            port = broker.own_redis_port()
            if port is None:
                stand_by(broker.address(), self.stdout.write)
                return
            require_usable(paths.project())
            require_free("REDIS_PORT", port)
        except CannotStartError as error:
            raise CommandError(str(error)) from error
        sys.exit(serve(port, self.stdout.write))
