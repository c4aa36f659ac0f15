"""A durable task with a table of its own."""

from django.db import models

from workshift.durable.models import DurableTask


class Letter(DurableTask):
    """A letter to be sent."""

    text = models.TextField()

    class Meta(DurableTask.Meta):
        """Named."""

        verbose_name = "letter"

    def __str__(self) -> str:
        """Return the text."""
        return self.text
