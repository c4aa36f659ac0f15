"""A durable task that stops where a test wants it to stop."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

from django.db import models

from workshift.durable.models import DurableTask
from workshift.durable.queryset import DurableQuerySet


def stop_at(point: str) -> None:
    """Wait here to be killed, if the test has asked for it and no process has stopped yet."""
    folder = Path(os.environ.get("PARCELS", "/nonexistent"))
    try:
        (folder / f"stop {point}").unlink()
    except FileNotFoundError:
        return
    (folder / f"stopped {point}").touch()
    while True:
        signal.pause()


class ParcelQuerySet(DurableQuerySet["Parcel"]):
    """Stops before it claims."""

    def claim(self, pk: uuid.UUID | str, attempts: int) -> Parcel | None:
        """Claim the row, unless stopped."""
        stop_at("before the claim")
        return super().claim(pk, attempts)


class Bag(DurableTask):
    """A model that no function works on. The sweep comes to it before the others."""

    class Meta(DurableTask.Meta):
        """Named, as below."""

        app_label = "parcels"

    def __str__(self) -> str:
        """Name the row."""
        return str(self.pk)


class Parcel(DurableTask):
    """Its work writes its id into the file `delivered`."""

    # What goes wrong with it: one of the names in tasks.py.
    trouble = models.CharField(max_length=20, blank=True)

    objects = ParcelQuerySet.as_manager()

    class Meta(DurableTask.Meta):
        """Named, so that tests can import the model where the app is not installed."""

        app_label = "parcels"

    def __str__(self) -> str:
        """Name the row."""
        return str(self.pk)

    def hint(self) -> bool:
        """Hint the row, unless stopped."""
        stop_at("before the hint")
        return super().hint()

    def complete(self) -> None:
        """Mark the row, unless stopped."""
        stop_at("before the mark")
        super().complete()


class Crate(DurableTask):
    """A model whose table has not been made yet."""

    class Meta(DurableTask.Meta):
        """Named, as above."""

        app_label = "parcels"

    def __str__(self) -> str:
        """Name the row."""
        return str(self.pk)
