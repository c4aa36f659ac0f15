"""The app of durable tasks: finds them in every process, and checks them."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from .. import after_setup


class DurableConfig(AppConfig):
    """Loads every app's `tasks.py`, so that the web process knows which task to send for a row."""

    name = "workshift.durable"

    def ready(self) -> None:
        """Import the tasks and the checks; both need the models."""
        autodiscover_modules("checks")
        after_setup.call(lambda: autodiscover_modules("tasks"))
