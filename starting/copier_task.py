"""What copier runs: lay the project over the folder that it was called for.

copier.yml has copier itself copy nothing, so that nothing is written before all is well, and
that nothing which still has our name is ever laid over a project that is being updated.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from starting.answers import Answers
from starting.errors import StartingError, ends_in_one_sentence
from starting.git import git, require_clean, tracked_files
from starting.product import copy, files_of, make

REPOSITORY = Path(__file__).resolve().parent.parent

# What a folder may have that counts as empty: a git repository, and what file managers leave.
NOTHING = frozenset({".git", ".DS_Store", ".directory", "Thumbs.db", "desktop.ini"})


def main(folder: str, operation: str, answers_name: str, answers_json: str, source: str) -> None:
    """Make the project in `folder`, and on a first time its `.env` and its git repository.

    `source` is an absolute path if copier took the repository from a folder, and means nothing
    otherwise. Raises StartingError before anything is written; a project that cannot be finished
    leaves nothing behind.
    """
    target = Path(folder)
    answers = json.loads(answers_json)
    wanted = Answers(*(answers[name] for name in ("name", "demo", "port", "languages")))
    # A `copier recopy` calls itself a copy as well: it knows nothing of what has been edited.
    first = operation == "copy"
    if first:
        require_usable(target, Path(source))
    wanted.check(REPOSITORY, first=first)
    if Path(source).is_dir():
        # Copier would include changes, and then know of no commit to compare a later one with.
        require_clean(Path(source))
        # A relative path would mean another folder to a `copier update` in the project.
        answers["_src_path"] = source
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        make(REPOSITORY, made, wanted)
        files = files_of(made)
        _require_tracked(target, files)
        kept = _changed_binaries(target, target / answers_name, files)
        lines = ["# What this project was started with. `copier update` reads and writes it."]
        lines += [
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in answers.items()
        ]
        (made / answers_name).write_text("\n".join([*lines, ""]), encoding="utf-8")
        with _emptied_on_failure(target) if first else nullcontext():
            shutil.rmtree(target / "packages/workshift", ignore_errors=True)
            # The answers last: a folder that has them has all the rest.
            copy(made, target, [*(file for file in files if file not in kept), Path(answers_name)])
            if first:
                _begin(target, wanted.name, [*map(str, files), answers_name])


def require_usable(target: Path, source: Path) -> None:
    """Raise StartingError if no project can be started in `target` from what is in `source`."""
    if target.resolve().is_relative_to(source.resolve()):
        raise StartingError(
            f"{target} is in the folder that the project is started from; choose one elsewhere."
        )
    there = next(path for path in (target, *target.parents) if path.exists())
    if not there.is_dir():
        raise StartingError(f"{there} is a file; choose a folder that is empty or new.")
    if there == target and any(path.name not in NOTHING for path in target.iterdir()):
        raise StartingError(f"{target} is not empty; choose a folder that is empty or new.")


def _require_tracked(target: Path, files: list[Path]) -> None:
    """Copier compares only what is committed, and would lose what is not."""
    there = {file for file in files if (target / file).exists(follow_symlinks=False)}
    # There need not be a repository where nothing is there.
    for file in sorted(there - set(tracked_files(target)) if there else there):
        raise StartingError(
            f"{target / file}, which git does not track, is in the way of a file of the new "
            "version; rename it or commit it (`git add --force`, if git ignores it), and run this "
            "again."
        )


def _changed_binaries(target: Path, answers: Path, files: list[Path]) -> set[Path]:
    """Return which of the project's `files` that are no text somebody has changed there.

    Copier merges texts; of these it would take the new version, whatever was done to the old one.
    """
    if not answers.exists():
        return set()
    [since] = re.findall(r'^_commit: "?([^"\n]+)', answers.read_text(), re.MULTILINE)
    ours = git(REPOSITORY, "ls-tree", "-r", since)

    def is_changed(file: Path) -> bool:
        # As git tells it.
        if not (target / file).is_file() or b"\0" not in (target / file).read_bytes()[:8000]:
            return False
        return git(target, "hash-object", "--no-filters", "--", str(file)).strip() not in ours

    changed = set(filter(is_changed, files))
    for file in sorted(changed):
        print(f"{file} has been changed here and cannot be merged; yours has stayed.")
    return changed


@contextmanager
def _emptied_on_failure(target: Path) -> Iterator[None]:
    """Take out what the block has written into `target`, which is empty or not there yet."""
    missing = [folder for folder in (target, *target.parents) if not folder.exists()]
    target.mkdir(parents=True, exist_ok=True)
    before = set(target.iterdir())
    try:
        yield
    except BaseException:
        for path in {missing[-1]} if missing else set(target.iterdir()) - before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _begin(target: Path, name: str, files: list[str]) -> None:
    """Write `.env`, and commit `files` unless the folder is in somebody's repository."""
    dotenv = [sys.executable, "-I", "packages/workshift/src/workshift/dotenv.py"]
    subprocess.run(
        [*dotenv, ".env.example", ".env"], cwd=target, stdout=subprocess.DEVNULL, check=True
    )
    try:
        git(target, "rev-parse", "--git-dir")
    except StartingError:
        git(target, "init", "--quiet", "--initial-branch=main")
        # By force, as the user's own git may ignore some of them in every project.
        git(target, "add", "--force", "--", *files)
        commit = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", f"Start {name}")
        git(target, *_author(target, name), *commit)


def _author(target: Path, name: str) -> list[str]:
    """Return git's options that name the project as author if git knows of no other."""
    try:
        git(target, "var", "GIT_COMMITTER_IDENT")
    except StartingError:
        return ["-c", f"user.name={name}", "-c", f"user.email={name}@localhost"]
    return []


if __name__ == "__main__":
    with ends_in_one_sentence():
        main(*sys.argv[1:])
