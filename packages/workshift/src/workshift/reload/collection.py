"""Keeps garbage collection out of boots: what is imported stays, and looking at it takes time."""

import gc
import os

_before: tuple[int, int, int] | None = None


def pause() -> None:
    """Collect no garbage until `resume()`."""
    global _before  # noqa: PLW0603 - collection belongs to the process.
    if _before is None:
        _before = gc.get_threshold()
        os.register_at_fork(after_in_child=resume)
    gc.set_threshold(0)


def resume() -> None:
    """Collect garbage as before, but never look at what is there now.

    Happens by itself in a process that is forked during the pause.
    """
    # Code of the project's may have set a threshold of its own.
    if _before is not None and gc.get_threshold()[0] == 0:
        gc.freeze()
        gc.set_threshold(*_before)
