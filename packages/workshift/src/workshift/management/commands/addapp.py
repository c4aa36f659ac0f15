"""`manage.py addapp`: add an app to the project. `scripts/app` does the set-up before it."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...addapp.add import add_app
from ...addapp.errors import CannotAddError
from ...addapp.names import model_name


class Command(BaseCommand):
    """Name in, app out."""

    help = (
        "Add an app with a model, a task, a page, an admin page and tests, wired in and migrated. "
        "A running ./scripts/dev takes it up at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the names."""
        parser.add_argument("name", help="the app's name, such as orders")
        parser.add_argument(
            "--model",
            help="the model's name, where it is not the app's in the singular (people --model Person)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Add the app and say where it is."""
        app = options["name"]
        model = options["model"] or model_name(app)
        try:
            add_app(app, model)
        except CannotAddError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            # The exit code of a shell for a command that was ended by Ctrl-C.
            message = "Stopped; no app was added."
            raise CommandError(message, returncode=128 + signal.SIGINT) from error
        self.stdout.write(
            f"{app}/ is in the project: the model {model}, the task {app}.tasks.process, the page "
            f"/{app}/ and one in the admin.\n"
            f"A running ./scripts/dev has it already. Begin with {app}/models.py and "
            f"{app}/tasks.py; ./scripts/test {app} runs its tests."
        )
