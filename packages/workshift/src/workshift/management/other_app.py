"""Finds the installed app that brings a command of the same name as one of this library's."""

from django.conf import settings

from ..env import exists

_APP = __name__.partition(".")[0]

# Its `runserver` serves static files; so does ours.
_INCLUDED = "django.contrib.staticfiles"

# A project that lists one of them wants to be served by it, wherever the list has it.
_ASGI_SERVERS = frozenset({"daphne", "uvicorn"})


def installed() -> list[str]:
    """Return the packages in INSTALLED_APPS, in their order; none if the settings do not load."""
    try:
        return [entry.partition(".apps.")[0] for entry in settings.INSTALLED_APPS]
    except (Exception, SystemExit):  # noqa: BLE001 - broken, which our commands can handle.
        return []


def that_brings(command: str) -> str | None:
    """Return the app whose command of this name runs instead of ours, or None.

    As in Django, the app that comes first in INSTALLED_APPS wins, and ours if the settings do not
    load.
    """
    apps = installed()
    ours = apps.index(_APP) if _APP in apps else len(apps)
    for position, app in enumerate(apps):
        if (
            app not in {_APP, _INCLUDED}
            and (position < ours or app in _ASGI_SERVERS)
            and exists(f"{app}.management.commands.{command}")
        ):
            return app
    return None
