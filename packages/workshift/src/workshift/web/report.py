"""Writes what `runserver` says: Django's first lines, then one line a reload."""

import os
from collections.abc import Collection
from pathlib import Path

from django import get_version

from ..reload.report import Report
from .address import Address


class WebReport(Report):
    """Writes the supervisor's lines to standard output, as `runserver` says them."""

    _finishing = "answering {} requests"
    _meanwhile = "requests wait"

    def __init__(self, root: Path, address: Address, *, verbose: bool = False) -> None:
        """Name files relative to `root`; the site is at `address`."""
        super().__init__(root, verbose=verbose)
        self._address = address

    def introduce(self) -> None:
        """Say what Django's `runserver` says first: editors look for the address in it."""
        settings = os.environ.get("DJANGO_SETTINGS_MODULE")
        print(f"Django version {get_version()}, using settings {settings!r}")
        print(f"Starting WSGI development server at {self._address.url}", flush=True)
        if "HONCHO_PROCESS_NAME" not in os.environ:
            print("Quit the server with CONTROL-C.", flush=True)

    def started(self, number: int, tasks: Collection[str], *, seconds: float) -> None:
        """Say that the first generation, or one after a death, serves."""
        del tasks
        self._say("good", f"The site is ready after {seconds:.2f} s: generation {number}.")

    def finished(self, number: int) -> None:
        """Say that the last request on the code of generation `number` has been answered."""
        self._say("note", f"Generation {number} has answered its last request with the old code.")

    def broken(self, paths: Collection[Path], *, tried_again: bool) -> None:
        """Say that the code does not load; its traceback has been printed."""
        after = f" after the change of {self._files(paths)}" if paths else ""
        then = (
            "it is tried again once the old code has answered its last request"
            if tried_again
            else "waiting for the next save"
        )
        self._say("bad", f"The code does not load{after} (see above). Every page says so; {then}.")

    def too_many(self, number: int) -> None:
        """Say that generation `number` is stopped although it still answers requests."""
        self._say(
            "bad",
            f"Generation {number} is stopped: too many old generations are still answering "
            "requests. Its own are cut off.",
        )

    def grace_is_over(self, grace: float) -> None:
        """Say that the requests that still run `grace` seconds after Ctrl-C are cut off."""
        self._say("note", f"Requests still run after {grace:g} s (--grace), and are cut off now.")

    def root_is_missing(self) -> None:
        """Say that the project's folder is gone."""
        self._say(
            "bad",
            f"The folder {self._root} is gone. The site keeps running the code it has loaded, and "
            "reloads when the folder is back.",
        )
