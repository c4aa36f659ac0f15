"""Says what the generations of a command are: Celery workers, or web servers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _never(path: Path) -> bool:
    del path
    return False


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of generation: a module that boots, says that it is ready, retires and stops.

    The module has `main(control, number, arguments)`. `control` is the descriptor of the channel to
    the supervisor; what is said there is in `messages.py`. For snapshots it has two of the steps of
    `main()` as well: `set_up()` sets Django up, and `prepare()` does what can be done before the last
    modules are imported.
    """

    module: str
    arguments: list[str]
    argv: list[str]  # what the project finds in sys.argv
    descriptors: tuple[int, ...] = ()  # open files that every generation gets under these numbers
    before_imports: str = ""  # Python code that a fresh process runs first
    # Whether code that does not load needs a generation, too: one that answers with the error.
    answers_when_broken: bool = False
    # Tells of a file whether a running generation reads it anew each time.
    reads_anew: Callable[[Path], bool] = _never
