"""Tells the project's own code from what is installed."""

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_FOREIGN_FOLDERS = tuple(
    os.path.join(folder, "")  # noqa: PTH118 - the trailing separator is the point.
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
        # This library, installed in a way that leaves it where it is.
        str(Path(__file__).parent.parent),
    }
)


def is_foreign(file: str | None) -> bool:
    """Tell whether a module from this file is the standard library's or an installed package's."""
    if file is None or not file.endswith((".py", ".so", ".pyd", ".pyc")):
        return True
    return is_installed(file)


def is_installed(path: str) -> bool:
    """Tell whether a file or folder belongs to the standard library or an installed package."""
    return path.startswith(_FOREIGN_FOLDERS)


def modules(names: Iterable[str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the files of the imported modules `names`: installed ones, and the project's own."""
    foreign: dict[str, str | None] = {}
    own: dict[str, str] = {}
    for name in names:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if spec and spec.name != "__main__":
            if spec.origin and not is_foreign(spec.origin):
                own[spec.name] = spec.origin
            else:
                foreign[spec.name] = spec.origin
    return foreign, own
