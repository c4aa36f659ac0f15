"""`./scripts/start`: start a project from a clone of this repository."""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from starting.answers import RUSSIAN, Answers
from starting.errors import StartingError, ends_in_one_sentence
from starting.git import environment, require_clean
from starting.target import emptied_on_failure, require_empty, require_usable

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Let copier start the project, so that an update can bring it up to date later.

    Raises StartingError if that cannot be; nothing is left of the project then.
    """
    parser = argparse.ArgumentParser(
        prog="./scripts/start",
        description="Start a project of your own from this clone, in a new folder: under your "
        "name, with a first commit, and to be updated from here later.",
    )
    parser.add_argument("name", help="what it is called, which is the name of its package")
    parser.add_argument("folder", type=Path, help="where it shall be; the folder is made")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="leave out the demo app"
    )
    parser.add_argument("--port", type=int, default=8000, help="of the development server; 8000")
    parser.add_argument(
        "--languages", default=f"en,{RUSSIAN}", help=f"en or en,{RUSSIAN}, which is the default"
    )
    options = parser.parse_args()

    answers = Answers(options.name, options.demo, options.port, options.languages)
    answers.check_new(REPOSITORY)
    require_usable(options.folder, REPOSITORY)
    require_empty(options.folder)
    require_clean(REPOSITORY)
    with emptied_on_failure(options.folder):
        _copy(answers, options.folder)
    run_it = shlex.quote(str(options.folder / "scripts" / "dev"))
    print(f"{options.name} is ready. Run it: {run_it}")


def _copy(answers: Answers, folder: Path) -> None:
    """Run copier.

    Raises StartingError with what its task or copier itself says last if it fails. Ctrl-C is
    passed on when copier has ended, which gets it as well.
    """
    data = [
        f"--data={name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in vars(answers).items()
    ]
    # HEAD, as copier would otherwise look for the newest tag.
    command = ["copy", "--trust", "--defaults", "--quiet", "--vcs-ref=HEAD", *data]
    with subprocess.Popen(
        [sys.executable, "-m", "copier", *command, REPOSITORY, folder],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as copier:
        try:
            written, _ = copier.communicate()
        except KeyboardInterrupt:
            copier.wait()
            raise
    if copier.returncode:
        raise StartingError(_reason(written))


def _reason(written: str) -> str:
    """Return the sentence among what copier has written."""
    *before, last = written.splitlines()
    # Behind what the task itself says.
    if last.startswith("Task [") and before:
        return before[-1]
    return f"Copier could not start the project, see to this and run it again: {last.strip(' |')}"


if __name__ == "__main__":
    with ends_in_one_sentence():
        main()
