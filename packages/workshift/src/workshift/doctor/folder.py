"""Checks that `./scripts/dev` can write to the project's folder, and that others cannot read it."""

from django.conf import settings

from ..dev.errors import CannotStartError
from ..dev.folder import require_usable
from ..private import is_open
from .context import Context
from .findings import Findings, ok, problem, warning


def usable(context: Context) -> Findings:
    """Check the folder and `.run` in it, which production does not use."""
    if not settings.DEBUG:
        return
    try:
        require_usable(context.folder)
    except CannotStartError as error:
        yield problem(str(error), "")
    else:
        yield ok(f"{context.folder} and its .run are writable.")


def readable(context: Context) -> Findings:
    """Check that other users of this machine cannot read what people have sent."""
    paths = [context.run, *sorted(context.folder.glob("db.sqlite3*"))]
    paths = [path for path in paths if path.exists()]
    for path in filter(is_open, paths):
        yield warning(
            f"{path} contains what people have sent, and other users of this machine can read it.",
            f"Run `chmod go= {path}`.",
        )
    if not any(map(is_open, paths)):
        yield ok("Only the owner can read what the project has stored in its folder.")
