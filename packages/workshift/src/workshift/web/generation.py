"""Runs one generation: a web server with one state of the code.

It loads the project, says that it is ready, and answers requests until it is told to retire. If the
code does not load, it answers with the reason.
"""

import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.exceptions import ImproperlyConfigured
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from django.urls import get_resolver
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from .. import after_setup, paths
from ..reload import collection, messages
from ..reload.channel import Channel, ChannelClosedError
from ..reload.loading import Failure
from ..reload.look_around import look_around_soon
from ..reload.stopping import ABANDONED
from .broken_page import BrokenPage
from .live_page import Application, LivePage
from .retire import Retirement
from .server import Server, ThreadedServer
from .sockets import Sockets

# Seconds to wait for what earlier generations knew.
_INHERITANCE = 1.0


@dataclass(frozen=True)
class Options:
    """What the command tells each of its generations."""

    host: str
    port: int
    descriptors: list[int]  # of the `Sockets`
    threads: bool
    static_files: bool
    insecure: bool  # static files even without DEBUG
    checks: bool
    grace: float  # seconds for streams after the retirement
    run: str  # which run of the command it is; any text that no other has

    def written(self) -> str:
        """Return what `read()` makes equal options of."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Options":
        """Return the options in `text`."""
        return cls(**json.loads(text))


def main(control: int, number: int, arguments: list[str]) -> None:
    """Run generation `number` until it has retired.

    `control` is the descriptor of the channel to the supervisor. `arguments` are the written
    options, and a second one is what to answer with, without loading any code.
    """
    collection.pause()
    # The supervisor decides when generations stop; a Ctrl-C in the terminal reaches us, too. Not
    # SIG_IGN, which a program that a view starts would inherit.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: None)
    # Before the project, which may change the current folder.
    folder = paths.run()
    options = Options.read(arguments[0])
    channel = Channel(socket.socket(fileno=control))
    generation = _Generation(channel, number, options, folder)
    threading.Thread(target=generation.listen, name="retirement", daemon=True).start()
    generation.run(" ".join(arguments[1:]))


def set_up() -> None:
    """Set Django up; raise whatever the project's own modules raise when they are imported."""
    # Projects ask this variable of Django's whether they are in the process that serves.
    os.environ[DJANGO_AUTORELOAD_ENV] = "true"
    # Once in each process: it also sets logging up, and what the project does about that.
    if not apps.ready:
        with after_setup.putting_off():
            django.setup()


def prepare() -> None:
    """Make the tasks that views send; what else comes next, the URLs, is made of all views."""
    for celery, app in _celery_apps():
        celery.make_tasks(app)


class _Generation:
    def __init__(self, channel: Channel, number: int, options: Options, folder: Path) -> None:
        self._channel = channel
        self._number = number
        self._options = options
        self._folder = folder
        self._sockets = Sockets.of_descriptors(options.descriptors)
        self._retirement = Retirement()
        self._page: LivePage | None = None  # None until it serves
        self._has_inherited = threading.Event()
        self._notes: dict[str, object] = {}  # of earlier generations
        # What a view starts must keep neither the port nor, for the supervisor, us alive.
        os.register_at_fork(after_in_child=self._let_go)

    def run(self, instead: str) -> NoReturn:
        """Serve the project, or `instead` of it that text, and end this process."""
        message, application = self._stand_in(instead) if instead else self._load()
        options = self._options
        server = (ThreadedServer if options.threads else Server)(
            self._sockets, options.host, options.port, self._retirement
        )
        self._page = LivePage(
            application,
            f"{options.run}.{self._number}",
            self._retirement,
            server.activity.stream,
            adds_script=options.threads
            and (isinstance(message, messages.Broken) or settings.DEBUG),
        )
        server.set_app(self._page)
        self._channel.send_unless_closed(message)
        collection.resume()
        if isinstance(message, messages.Ready):
            look_around_soon(self._channel, self._folder, checks=options.checks)
        server.serve()
        self._channel.send_unless_closed(messages.Retiring(server.activity.requests))
        server.activity.wait(options.grace)
        # Python would wait for threads of the project's, for ever.
        limit = threading.Timer(ABANDONED, os._exit, [0])
        limit.daemon = True
        limit.start()
        sys.exit(0)

    def listen(self) -> NoReturn:
        """Obey the supervisor until it is gone."""
        try:
            while True:
                for message in self._channel.receive():
                    self._obey(message)
        except (ChannelClosedError, messages.MessageError):
            # Whoever does not hear any more when to retire would serve old code.
            self._retirement.begin()
            time.sleep(ABANDONED)
            os._exit(1)

    def _obey(self, message: messages.Message) -> None:
        match message:
            case messages.Inherit(_, notes) | messages.Noted(notes):
                self._notes |= notes
                self._has_inherited.set()
            case messages.Changed(paths):
                if self._page:
                    self._page.changed(paths)
            case messages.Retire() | messages.Leave():
                self._retirement.begin()
                if self._page is None:
                    # It has answered nothing, and what it is loading is old already.
                    os._exit(0)
            case messages.Stop():
                os._exit(0)
            case _:
                raise messages.MessageError(f"{message} is not for a web generation.")

    def _stand_in(self, text: str) -> tuple[messages.Message, Application]:
        return messages.Broken(1), BrokenPage(None, text, debug=self._knew_debug())

    def _load(self) -> tuple[messages.Message, Application]:
        """Return what answers requests, and what to tell the supervisor about it."""
        try:
            application = _load_project(self._options)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - shown, until the next save.
            failure = Failure.of(error)
            failure.show(self._folder)
            debug = _debug_at(error)
            page = BrokenPage(
                failure, failure.text, debug=self._knew_debug() if debug is None else debug
            )
            return messages.Broken(failure.code), page
        self._channel.send_unless_closed(messages.Noted({"debug": settings.DEBUG}))
        return messages.Ready([]), application

    def _knew_debug(self) -> bool:
        """Tell whether DEBUG was on in the last generation that knew."""
        self._channel.send_unless_closed(messages.Listening())
        self._has_inherited.wait(_INHERITANCE)
        return self._notes.get("debug") is True

    def _let_go(self) -> None:
        self._channel.close()
        self._sockets.close()


def _load_project(options: Options) -> Application:
    """Import the settings, the apps and all views; raise whatever they raise."""
    set_up()
    after_setup.catch_up()
    if not settings.DEBUG and not settings.ALLOWED_HOSTS:
        raise ImproperlyConfigured("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
    application = get_internal_wsgi_application()
    # Loads the URLs, which import the views.
    _ = get_resolver().url_patterns
    for celery, app in _celery_apps():
        celery.call_late_receivers(app)
    connections.close_all()
    if (
        options.static_files
        and apps.is_installed("django.contrib.staticfiles")
        and (settings.DEBUG or options.insecure)
    ):
        return StaticFilesHandler(application)
    return application


def _celery_apps() -> Iterator[tuple[ModuleType, object]]:
    """Yield the project's Celery apps, each with `celery.internals`.

    That is imported only for projects that have tasks: others need not import Celery.
    """
    if "celery" in sys.modules:
        internals = importlib.import_module("..celery.internals", __package__)
        for app in internals.made_apps():
            yield internals, app


def _debug_at(error: BaseException) -> bool | None:
    """Return DEBUG, as far as the settings have come; None if they have not come to it."""
    if settings.configured:
        return bool(settings.DEBUG)
    module = os.environ.get("DJANGO_SETTINGS_MODULE")
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") == module and "DEBUG" in frame.f_globals:
            return frame.f_globals["DEBUG"] is True
    return None
