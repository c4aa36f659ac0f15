"""The project's folder: can what `./scripts/dev` starts write there, and who else can read it?"""

from django.conf import settings

from ..dev.errors import CannotStartError
from ..dev.folder import require_usable
from ..private import is_open
from .context import Context
from .findings import Findings, ok, problem, warning


def usable(context: Context) -> Findings:
    """Look at the folder and at `.run` in it, which production does not use."""
    if not settings.DEBUG:
        return
    try:
        require_usable(context.folder)
    except CannotStartError as error:
        yield problem(str(error), "")
    else:
        yield ok(f"{context.folder} and what is in .run can be written.")


def readable(context: Context) -> Findings:
    """Find out whether other users of this machine can read what people have sent."""
    paths = [context.run, *sorted(context.folder.glob("db.sqlite3*"))]
    paths = [path for path in paths if path.exists()]
    for path in filter(is_open, paths):
        yield warning(
            f"{path} has what people have sent, and other users of this machine can read it.",
            f"Run `chmod go= {path}`.",
        )
    if not any(map(is_open, paths)):
        yield ok("What the project has stored in its folder is for its owner only.")
