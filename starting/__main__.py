"""`./scripts/start`: start a project from a clone of this repository."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from starting.answers import RUSSIAN, Answers
from starting.errors import StartingError
from starting.git import require_clean

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Let copier start the project, so that `copier update` can bring it up to date later.

    Raises StartingError before anything is written.
    """
    parser = argparse.ArgumentParser(prog="./scripts/start", description=main.__doc__)
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
    answers.check(REPOSITORY)
    # Copier would include changes, and then know of no commit to compare a later one with.
    require_clean(REPOSITORY)
    data = [
        f"--data={name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in vars(answers).items()
    ]
    # HEAD, as copier would otherwise look for the newest tag.
    command = ["copy", "--trust", "--defaults", "--quiet", "--vcs-ref=HEAD", *data]
    done = subprocess.run(
        [sys.executable, "-m", "copier", *command, REPOSITORY, options.folder], check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    print(f"{options.name} is ready. Run it: {options.folder}/scripts/dev")


if __name__ == "__main__":
    try:
        main()
    except StartingError as error:
        raise SystemExit(str(error)) from None
