"""The app of the durable tasks: it finds them in every process, and checks them."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DurableConfig(AppConfig):
    """Loads every app's `tasks.py`, so that the web process knows what to tell the workers."""

    name = "workshift.durable"

    def ready(self) -> None:
        """Import the tasks, and the checks, which need the models as well."""
        autodiscover_modules("tasks", "checks")
