"""Start a project of your own from this repository: under your name, and up to date later.

Copier runs this with its own interpreter, so only the standard library is imported here.
"""

import sys

if sys.version_info < (3, 12):  # noqa: UP036 - an older one may well be copier's.
    raise SystemExit(
        f"Starting a project needs Python 3.12 or newer, and copier runs on {sys.version.split()[0]}; "
        "with uvx, add: --python 3.12"
    )
