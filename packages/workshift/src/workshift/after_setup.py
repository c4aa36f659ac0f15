"""Lets a `ready()` put off what can wait until Django is set up, in processes that can be asked to.

The fewer modules Django's setup imports, the more of them can be edited without doing it anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_put_off: list[Callable[[], None]] | None = None


def call(function: Callable[[], None]) -> None:
    """Call `function` now, or within `catch_up()` if this process puts it off."""
    if _put_off is None:
        function()
    else:
        _put_off.append(function)


@contextmanager
def putting_off() -> Iterator[None]:
    """Put off, within the block, what is to be called; the process has to `catch_up()`."""
    global _put_off  # noqa: PLW0603 - Django is set up once in a process.
    _put_off = []
    yield


def catch_up() -> None:
    """Call what was put off; from now on nothing is."""
    global _put_off
    functions, _put_off = _put_off or [], None
    for function in functions:
        function()
