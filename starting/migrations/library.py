"""Bring a project from before the library onto its names.

Until then, the machinery was in the project's own package: `shop.durable.models`.
"""

import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from starting.errors import StartingError, ends_in_one_sentence
from starting.git import git, tracked_files
from starting.tidy import tidy

# What is in the library now, by what it was called in the project's package; the rest kept its name.
MODULES = {
    **{name: f"celery.{name}" for name in ("checks", "consumer", "results", "visibility")},
    **{name: name for name in ("doctor", "durable", "headers", "mailbox", "private", "terminal")},
    "durable.attempts": "durable.backoff",
    "durable.rows": "durable.queryset",
    "environment": "env",
    "exits": "celery.registry",
    "live": "log",
    "readers": "casts",
    "reload": "reload",
    "stack": "dev",
    "task_backend": "django_tasks",
}

# Regular expressions, with the name of the project's package as `%s`, and what is written there.
IN_MIGRATIONS = {
    r"\b%s\.durable\.rows\.due_after_grace\b": "django.utils.timezone.now",
    r"\bimport %s\.durable\.rows$": "import django.utils.timezone",
}
IN_TEMPLATES = {r"(?<=['\"])live\.js(?=['\"])": "workshift/live.js"}
IN_CODE = {
    r"(?<=['\"])%s\.durable\.tasks\.sweep\b": "workshift.durable.sweep",
    **{
        rf"(?<![\w.])%s\.{old}\b": f"workshift.{new}"
        for old, new in sorted(MODULES.items(), reverse=True)
    },
    **{
        rf"\bfrom %s import {old}$": f"from {package} import {last}" + f" as {old}" * (last != old)
        for old, new in MODULES.items()
        for package, _, last in [f"workshift.{new}".rpartition(".")]
    },
    # The harness of the tests has moved as well.
    r"(?<![\w.])tests\.(chromium|processes|programs)\b": r"workshift.testing.\1",
}


def main(folder: str, name: str) -> None:
    """Put the new names into the code of the project in `folder`, whose package is `name`.

    A project that had the library before is left alone. Files in which both sides have changed
    the same lines are merged once more, as the old names may be all that kept them apart.
    """
    project = Path(folder)
    if git(project, "ls-tree", "HEAD", "--", "packages/workshift"):
        return
    unmerged = ("diff", "-z", "--name-only", "--relative", "--diff-filter=U")
    for file in git(project, *unmerged).split("\0")[:-1]:
        # A file that only one side had before has nothing to be merged with.
        with suppress(StartingError):
            _merge(project, file, name)
    for file in map(str, tracked_files(project)):
        if file.endswith((".html", ".py")):
            # As bytes, so that line ends and what is no UTF-8 stay what they are.
            old = (project / file).read_bytes().decode(errors="surrogateescape")
            new = _renewed(project, file, old, name)
            if new != old:
                (project / file).write_bytes(new.encode(errors="surrogateescape"))


def _renewed(project: Path, file: str, source: str, name: str) -> str:
    """Return `source`, of `file`, with the library's names in it, and tidy if it has changed."""
    if file.endswith(".html"):
        changes = IN_TEMPLATES
    else:
        changes = (
            IN_MIGRATIONS if "/migrations/" in file else IN_CODE if file.endswith(".py") else {}
        )
    new = source
    for pattern, replacement in changes.items():
        new = re.sub(pattern.replace("%s", name), replacement, new, flags=re.MULTILINE)
    if new != source and changes is IN_CODE:
        # What does not parse is for ./scripts/lint to say.
        with suppress(StartingError, UnicodeError):
            return tidy(project, file, new)
    return new


def _merge(project: Path, file: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # In the order of git's stages: what both began with, the project's, the new version's.
        sides = [
            Path(folder, side) for side in ("last update", "before updating", "after updating")
        ]
        for stage, side in enumerate(sides, start=1):
            source = git(project, "show", f":{stage}:./{file}")
            side.write_text(_renewed(project, file, source, name), encoding="utf-8")
        base, ours, theirs = sides
        labels = [word for side in (ours, base, theirs) for word in ("-L", side.name)]
        command = ["git", "merge-file", "-p", *labels, *map(str, (ours, base, theirs))]
        merged = subprocess.run(command, capture_output=True, check=False)
    (project / file).write_bytes(merged.stdout)
    if not merged.returncode:
        git(project, "reset", "--quiet", "--", file)


if __name__ == "__main__":
    with ends_in_one_sentence():
        main(*sys.argv[1:])
