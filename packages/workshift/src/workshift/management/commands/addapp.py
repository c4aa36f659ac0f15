"""`manage.py addapp`: adds an app to the project. `scripts/app` sets the project up first."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...addapp.add import add_app
from ...addapp.errors import CannotAddError
from ...addapp.names import model_name


class Command(BaseCommand):
    """Adds an app with a given name."""

    help = (
        "Add an app with a model, a task, a page, an admin page and tests, wired in and migrated. "
        "A running ./scripts/dev loads it at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="the app's name, such as orders")
        parser.add_argument(
            "--model",
            help="the model's name, if it is not the app's singular (people --model Person)",
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
            # A shell's exit code for a command that Ctrl-C ended.
            message = "Stopped; no app was added."
            raise CommandError(message, returncode=128 + signal.SIGINT) from error
        self.stdout.write(
            f"Added {app}/: the model {model}, the task {app}.tasks.process, the page /{app}/ and "
            "one in the admin.\n"
            f"A running ./scripts/dev has already loaded it. Start with {app}/models.py and "
            f"{app}/tasks.py; ./scripts/test {app} runs its tests."
        )
