"""`manage.py dev`: run web, worker and Redis together. `scripts/dev` does the set-up before it."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from ...dev.errors import CannotStartError
from ..extra import only_for_development

with only_for_development():
    import honcho  # noqa: F401 - what the command becomes.

    from ...dev.launch import launch


class Command(BaseCommand):
    """Look whether the stack can be started, then start it."""

    help = "Run the web process, the worker and Redis together, for development."

    def handle(self, *_: Any, **__: Any) -> NoReturn:
        """Become honcho, which runs the processes of Procfile.dev."""
        try:
            launch(self.stdout.write)
        except CannotStartError as error:
            raise CommandError(str(error)) from error
