"""`manage.py dev`: runs web, worker and Redis together. `scripts/dev` sets the project up first."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from ...dev.errors import CannotStartError
from ..extra import only_for_development

with only_for_development():
    import honcho  # noqa: F401 - the command becomes honcho.

    from ...dev.launch import launch


class Command(BaseCommand):
    """Checks whether the stack can start, then starts it."""

    help = "Run the web process, the worker and Redis together, for development."

    def handle(self, *_: Any, **__: Any) -> NoReturn:
        """Become honcho, which runs the processes of Procfile.dev."""
        try:
            launch(self.stdout.write)
        except CannotStartError as error:
            raise CommandError(str(error)) from error
