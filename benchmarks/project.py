"""The project that is measured: a throw-away copy of this one, with tasks that take notes."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PACKAGE = "django_celery"

QUEUE = "bench"

PREFIX = "bench:"

HEAVY_IMPORTS = "import boto3\nimport pandas\n"

# Modules that a burst writes, besides the one with the tasks.
PARTS = 199

# Seconds that a burst is spread over.
BURST = 0.8

_SETTINGS = f"""

INSTALLED_APPS += ["probe"]

CELERY_TASK_DEFAULT_QUEUE = "{QUEUE}"
"""


class Template:
    """A project folder that is set up once, and copied for each measurement."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        """Set up a project in `folder`, which must not exist, with its broker at `redis_url`.

        Raises subprocess.CalledProcessError if the database cannot be made.
        """
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "tests")
        for app in (PACKAGE, "feedback"):
            shutil.copytree(ROOT / app, folder / app, ignore=ignored)
        shutil.copytree(Path(__file__).parent / "probe", folder / "probe", ignore=ignored)
        shutil.copy(ROOT / "manage.py", folder)
        with (folder / PACKAGE / "settings.py").open("a") as settings:
            settings.write(_SETTINGS)
        (folder / ".env").write_text(
            f"DEBUG=on\nSECRET_KEY=for-the-benchmark\nREDIS_URL={redis_url}\nREDIS_PREFIX={PREFIX}\n"
        )
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=folder,
            env=environment({}),
            check=True,
        )


class Project:
    """One copy of the template, for one runner in one scenario."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        code: str = "probe/tasks.py",
        *,
        heavy: bool = False,
        parts: bool = False,
    ) -> None:
        """Copy `template` to `folder`, which must not exist; `code` is the module that is saved.

        `heavy` has it import pandas and boto3, `parts` the 199 modules of `burst()`.
        """
        self.folder = folder
        self.version = 0
        shutil.copytree(template, folder)
        self._code = folder / code
        if heavy:
            self._code.write_text(HEAVY_IMPORTS + self._code.read_text())
        if parts:
            package = self._code.parent / "parts"
            self._parts = [package / f"part_{n:03}.py" for n in range(PARTS)]
            package.mkdir()
            for part in self._parts:
                part.write_text("VERSION = 0\n")
            names = ", ".join(part.stem for part in self._parts)
            module = f"{package.parent.name}.parts"
            (package / "__init__.py").write_text(f"from {module} import {names}\n")
            self._code.write_text(f"import {module}\n" + self._code.read_text())

    def add_foreign_folders(self, count: int) -> None:
        """Make `node_modules` with so many folders, a file in each."""
        for number in range(count):
            folder = self.folder / "node_modules" / f"package-{number // 20}" / f"lib-{number % 20}"
            folder.mkdir(parents=True)
            (folder / "index.js").write_text("module.exports = {}\n")

    def save(self) -> int:
        """Save the code with the next version, in place, and return that version."""
        return self.mend(self._code.read_text())

    def save_broken(self, error: str = "def broken(:\n", file: str | None = None) -> str:
        """Save the code, or `file`, with an error, and return the text that mends it."""
        path = self.folder / file if file else self._code
        text = path.read_text()
        path.write_text(text + error)
        return text

    def mend(self, text: str, file: str | None = None) -> int:
        """Save `text` as the next version, and return that version."""
        self.version += 1
        path = self.folder / file if file else self._code
        path.write_text(re.sub(r"VERSION = \d+", f"VERSION = {self.version}", text))
        return self.version

    def burst(self) -> int:
        """Write 200 modules within a second, the code last, and return their version."""
        began = time.monotonic()
        for index, part in enumerate(self._parts):
            part.write_text(f"VERSION = {self.version + 1}\n")
            time.sleep(max(0, began + BURST * (index + 1) / PARTS - time.monotonic()))
        return self.save()


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what every measured process runs with: what a shell needs, and `variables`.

    PYTHONDONTWRITEBYTECODE and the like are left out: a usual machine keeps compiled modules.
    """
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    tools = Path(sys.executable).parent
    return {
        **kept,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "PROBE_REDIS": "redis://127.0.0.1/9",
        "PROBE_BOOTS": os.devnull,
        **variables,
    }
