"""What copier runs: lay the project over the folder that it was called for.

copier.yml has copier itself copy nothing, so that nothing is written before all is well, and
that nothing which still has our name is ever laid over a project that is being updated.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from starting.answers import Answers, written
from starting.binaries import kept
from starting.errors import StartingError, ends_in_one_sentence
from starting.git import git, require_clean
from starting.names import Names
from starting.product import copy, files_of, make
from starting.target import emptied_on_failure, require_empty, require_tracked, require_usable

REPOSITORY = Path(__file__).resolve().parent.parent


def main(
    destination: str, operation: str, answers_name: str, answers: str, source_path: str
) -> None:
    """Make the project, and on a first time its `.env` and its git repository.

    `answers` is JSON; `source_path` is an absolute path if copier took the repository from a
    folder, and means nothing otherwise. Raises StartingError before anything is written; a project
    that cannot be finished leaves nothing behind.
    """
    target = Path(destination)
    remembered = json.loads(answers)
    # A `copier recopy` calls itself a copy as well: it knows nothing of what has been edited.
    first = operation == "copy"
    if first:
        require_usable(target, Path(source_path))
        require_empty(target)
    if Path(source_path).is_dir():
        # Copier would include changes, and then know of no commit to compare a later one with.
        require_clean(Path(source_path))
        # A relative path would mean another folder to a `copier update` in the project.
        remembered["_src_path"] = source_path
    wanted = Answers.of(remembered)
    if first:
        wanted.check_new(REPOSITORY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(REPOSITORY, folder, wanted)
        files = files_of(folder)
        require_tracked(target, files)
        answers_file = Path(answers_name)
        left_alone = kept(REPOSITORY, target, answers_file, wanted.name, files)
        (folder / answers_file).write_text(written(remembered), encoding="utf-8")
        with emptied_on_failure(target) if first else nullcontext():
            # The answers last: a folder that has them has all the rest.
            copy(
                folder, target, [*(file for file in files if file not in left_alone), answers_file]
            )
            if first:
                _begin(target, Names.of(wanted.name), [*files, answers_file])


def _begin(target: Path, names: Names, files: Iterable[Path]) -> None:
    """Write `.env`, and commit `files` unless the folder is in somebody's repository."""
    dotenv = "packages/workshift/src/workshift/dotenv.py"
    done = subprocess.run(
        [sys.executable, "-I", dotenv, ".env.example", ".env"],
        cwd=target,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        [*_, reason] = done.stderr.splitlines()
        raise StartingError(f".env could not be written ({reason}); see to it, and run this again.")
    try:
        git(target, "rev-parse", "--git-dir")
    except StartingError:
        git(target, "init", "--quiet", "--initial-branch=main")
        # By force, as the user's own git may ignore some of them in every project.
        git(target, "add", "--force", "--", *map(str, files))
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
    with ends_in_one_sentence():
        main(*sys.argv[1:])
