"""What copier runs: lay the project over the folder that it was called for.

copier.yml has copier itself copy nothing, so that nothing is written before all is well, and
that nothing which still has our name is ever laid over a project that is being updated.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from starting.answers import Answers, written
from starting.errors import StartingError
from starting.git import git
from starting.names import Names
from starting.product import copy, files_of, make

REPOSITORY = Path(__file__).resolve().parent.parent


def main(
    destination: str, operation: str, answers_name: str, answers: str, source_path: str
) -> None:
    """Make the project, and on a first time its `.env` and its git repository.

    `answers` is JSON; `source_path` is an absolute path if copier took the repository from a
    folder, and means nothing otherwise. Raises StartingError before anything is written.
    """
    target = Path(destination)
    remembered = json.loads(answers)
    if Path(source_path).is_dir():
        # A relative path would mean another folder to a `copier update` in the project.
        remembered["_src_path"] = source_path
    wanted = Answers.of(remembered)
    first = operation == "copy" and not (target / answers_name).exists()
    if first:
        _require_empty(target)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(REPOSITORY, folder, wanted)
        (folder / answers_name).write_text(written(remembered), encoding="utf-8")
        copy(folder, target, files_of(folder))
    if first:
        _begin(target, Names.of(wanted.name))


def _require_empty(target: Path) -> None:
    """Raise StartingError if there is anything but perhaps a git repository."""
    try:
        found = {path.name for path in target.iterdir()}
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise StartingError(f"{target} is a file; choose a folder that is empty or new.") from error
    if found - {".git"}:
        raise StartingError(f"{target} is not empty; choose a folder that is empty or new.")


def _begin(target: Path, names: Names) -> None:
    """Write `.env`, and commit everything unless the folder is in somebody's repository."""
    dotenv = f"{names.package}/stack/dotenv.py"
    subprocess.run(
        [sys.executable, "-I", dotenv, ".env.example", ".env"],
        cwd=target,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    try:
        git(target, "rev-parse", "--git-dir")
    except StartingError:
        git(target, "init", "--quiet", "--initial-branch=main")
        git(target, "add", "--all")
        git(
            target,
            *_author(target, names),
            "commit",
            "--quiet",
            "--no-verify",
            "--no-gpg-sign",
            "--message",
            f"Start {names.package}",
        )


def _author(target: Path, names: Names) -> list[str]:
    """Return git's options that name the project as author where git knows of no other."""
    try:
        git(target, "var", "GIT_COMMITTER_IDENT")
    except StartingError:
        email = f"{names.distribution}@localhost"
        return ["-c", f"user.name={names.package}", "-c", f"user.email={email}"]
    return []


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except StartingError as error:
        raise SystemExit(str(error)) from None
