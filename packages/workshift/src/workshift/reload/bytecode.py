"""Removes the compiled form of changed modules, which each generation after the first reads."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

# Where the zygote has generations keep it, in the project's folder.
FOLDER = ".run/bytecode"


def forget(paths: Iterable[Path], root: Path) -> None:
    """Remove the compiled form of changed modules, beside them and in the folder below `root`.

    Python takes a compiled file for fresh if the source's size and its time of change, in whole
    seconds, are the same (https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation),
    which two saves within a second can leave as they were.
    """
    for path in paths:
        if path.suffix == ".py":
            beside = Path(importlib.util.cache_from_source(str(path)))
            below = path.parent.relative_to(path.anchor) / beside.name
            beside.unlink(missing_ok=True)
            (root / FOLDER / below).unlink(missing_ok=True)
