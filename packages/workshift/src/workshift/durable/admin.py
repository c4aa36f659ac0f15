"""For the admin's list of a table with a million rows: nothing in it reads the whole table."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator


class AtLeast(int):
    """A number of rows that is shown as "10000+": there are more, and nobody has counted them."""

    def __str__(self) -> str:
        """Return the number with a plus sign."""
        return f"{int(self)}+"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # Not generic at run time.
    """Counts the rows of a queryset up to `BOUND`, where its last page ends.

    A database counts rows by reading them, and reads all rows before a page to find it.
    """

    BOUND = 10_000

    @cached_property
    def count(self) -> int:
        """The number of rows, or `BOUND` with a plus sign."""
        rows: Any = self.object_list
        found: int = rows.order_by()[: self.BOUND + 1].count()
        return found if found <= self.BOUND else AtLeast(self.BOUND)


class ManyRows:
    """Derive a `ModelAdmin` from this first. Search by columns with an index, and sort by one."""

    paginator: type[Any] = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
