"""`./scripts/start`: start a project from a clone of this repository."""

import argparse
import shlex
from pathlib import Path

from copier import run_copy
from copier.errors import CopierError, TaskError

from starting.answers import Answers
from starting.copier_task import REPOSITORY, require_usable
from starting.errors import StartingError, ends_in_one_sentence
from starting.git import require_clean


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
    parser.add_argument("folder", type=Path, help="where it is to be; the folder is made")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="leave out the demo app"
    )
    parser.add_argument("--port", type=int, default=8000, help="of the development server; 8000")
    parser.add_argument("--languages", default="en,ru", help="en or en,ru, which is the default")
    answers = vars(parser.parse_args())
    folder = answers.pop("folder")
    Answers(**answers).check(REPOSITORY, first=True)
    require_usable(folder, REPOSITORY)
    require_clean(REPOSITORY)
    try:
        run_copy(
            *(str(REPOSITORY), folder, answers),
            # Copier would otherwise look for the newest tag.
            vcs_ref="HEAD",
            defaults=True,
            quiet=True,
            unsafe=True,
        )
    except TaskError:
        # It has said why.
        raise SystemExit(1) from None
    except CopierError as error:
        raise StartingError(f"Copier could not start the project: {error}") from error
    print(f"{answers['name']} is ready. Run it: {shlex.quote(str(folder / 'scripts/dev'))}")


if __name__ == "__main__":
    with ends_in_one_sentence():
        main()
