"""Decides what counts as a change: which folders are watched, and which files in them matter."""

import fnmatch
import os
import re
from collections.abc import Iterable
from pathlib import Path

# Folders in which nothing is watched: they hold what is installed, generated or not code.
IGNORED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".history",
        ".idea",
        ".ipynb_checkpoints",
        ".jj",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".run",
        ".svn",
        ".tools",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "node_modules",
        "site-packages",
        "venv",
    }
)

_SUFFIXES = frozenset({".py", ".mo", ".po"})

# Files in the project's root that change what the worker runs with.
_ROOT_FILES = frozenset({".env", ".env.example", "pyproject.toml", "uv.lock"})

# Below these every file counts: whatever its name, a task may render it.
CONTENT_FOLDERS = frozenset({"templates", "jinja2"})

# What editors, file managers, merges and network file systems leave beside a file.
_LEFT_BESIDE = re.compile(
    "|".join(
        fnmatch.translate(pattern)
        for pattern in (
            *(".#*", "#*#", "*~", "*.tmp", "*.bak", "*.bck", "*.orig", "*.rej"),
            # Vim, the file that it tries a folder with included, and Kate, Kakoune.
            *(".*.sw?", "*.sw[mnopx]", "4913", "*.kate-swp", ".*.kak.*"),
            # JetBrains, VS Code, GTK, macOS' programs.
            *("*___jb_*___", "*.vsctmp", ".goutputstream-*", "*.sb-????????-??????"),
            *(".DS_Store", "._*", "Thumbs.db", "desktop.ini", ".nfs*", ".fuse_hidden*"),
        )
    )
)


class FileFilter:
    """Tells of a path whether its change is one that a worker has to know of."""

    def __init__(
        self,
        root: Path,
        *,
        extra: Iterable[Path] = (),
        ignore: Iterable[str] = (),
        ignored_folders: Iterable[Path] = (),
        more_suffixes: Iterable[str] = (),
    ) -> None:
        """Apply to the project in `root`, and to every file of the `extra` files and folders.

        `ignore` holds glob patterns that are matched against a path relative to `root` and
        against a name; `ignored_folders` are media and static roots; `more_suffixes`, such as
        `.css`, are those of files that count besides code.
        """
        self.root = root
        # Not resolved: if a link on the way leads elsewhere one day, that is a change.
        self.extra = [Path(os.path.abspath(path)) for path in extra]  # noqa: PTH100
        self._ignore = tuple(ignore)
        self._suffixes = _SUFFIXES | frozenset(more_suffixes)
        self._ignored_folders = {path.resolve() for path in ignored_folders}

    def ignores(self, folder: Path) -> bool:
        """Tell whether nothing in `folder` or below can count, so that it need not be watched."""
        return (
            folder.name in IGNORED_FOLDERS
            or folder in self._ignored_folders
            or self._is_ignored_by_pattern(folder)
            # Any virtual environment, whatever its name.
            or os.path.exists(folder / "pyvenv.cfg")  # noqa: PTH110 - a folder may be forbidden.
        )

    def counts(self, path: Path) -> bool:
        """Tell whether a change of the file at `path`, in a folder that is watched, counts."""
        if path in self.extra:
            return True
        if _LEFT_BESIDE.match(path.name) or self._is_ignored_by_pattern(path):
            return False
        return (
            path.suffix in self._suffixes
            or (path.name in _ROOT_FILES and path.parent == self.root)
            or not CONTENT_FOLDERS.isdisjoint(path.parts[len(self.root.parts) :])
            or any(extra in path.parents for extra in self.extra)
        )

    def _is_ignored_by_pattern(self, path: Path) -> bool:
        if not self._ignore:
            return False
        relative = os.path.relpath(path, self.root)
        return any(
            fnmatch.fnmatch(relative, pattern) or fnmatch.fnmatch(path.name, pattern)
            for pattern in self._ignore
        )
