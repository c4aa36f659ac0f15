"""Start a project of your own from this repository: under your name, and up to date later.

Copier runs this with its own interpreter, so only the standard library is imported here.
"""

import os
import sys

if sys.version_info < (3, 12):  # noqa: UP036 - an older one may well be copier's.
    raise SystemExit(
        f"Starting a project needs Python 3.12 or newer, and copier runs on {sys.version.split()[0]}; "
        "with uvx, add: --python 3.12"
    )

# A hook of git's is given these, and they name another repository than that of a folder.
for _name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"):
    os.environ.pop(_name, None)
