"""Starts the stack for `manage.py dev`: checks everything first, then becomes honcho."""

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from django.core.management import call_command
from django.db import DatabaseError, connection

from .. import paths
from ..celery.broker import own_redis_port
from ..migration_plan import planned
from ..reload import stopping
from . import lifeline
from .errors import CannotStartError
from .first_screen import first_screen, where_to_click
from .folder import require_usable
from .ports import require_free, web_port
from .redis_process import Say


def launch(say: Say) -> NoReturn:
    """Start the processes in `Procfile.dev`, after checking everything that could go wrong.

    Raises CannotStartError.
    """
    root = paths.project()
    require_usable(root)
    if not (root / "Procfile.dev").is_file():
        raise CannotStartError(
            f"{root} has no Procfile.dev, which names the processes to start, one per line: "
            "`web: python manage.py runserver $PORT`, `worker: python manage.py runworker` and, "
            "for the project's own Redis, `redis: python manage.py runredis`."
        )
    lifeline.hold()
    port = web_port()
    require_free("PORT", port)
    own_redis = own_redis_port() if "runredis" in (root / "Procfile.dev").read_text() else None
    if own_redis:
        require_free("REDIS_PORT", own_redis)
    migrate(say)
    say(first_screen(port, own_redis))
    become_honcho(port, where_to_click(port))


def migrate(say: Say) -> None:
    """Migrate the database; say something only if that was needed.

    Raises CannotStartError if the database cannot be used.
    """
    try:
        if names := planned(connection):
            say(f"Migrating the database ({len(names)} migrations).")
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CannotStartError(
            f"The database in DATABASE_URL cannot be used: {str(error).strip().rstrip('.')}. "
            "`python manage.py doctor` says what to do."
        ) from error


def longest_grace(procfile: str) -> float:
    """Return the longest time that a worker in this Procfile gives its running tasks."""
    asked = re.findall(r"^[\w-]+:.* --grace[= ](\d+\.?\d*)", procfile, re.MULTILINE)
    return max([stopping.GRACE, *map(float, asked)])


def become_honcho(port: int, places: str) -> NoReturn:
    """Replace this process with honcho, so that a signal to it is a signal to honcho.

    It says last that everything is running, and where: `places`.
    """
    root = paths.project()
    os.chdir(root)
    # `python` in Procfile.dev means this environment's interpreter, activated or not.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    procfile = root / "Procfile.dev"
    os.environ[stopping.VARIABLE] = str(stopping.of_stack(longest_grace(procfile.read_text())))
    sys.stdout.flush()
    # -P: the modules next to manager.py must not hide others of the same name.
    program = [sys.executable, "-P", str(Path(__file__).with_name("manager.py"))]
    os.execv(  # noqa: S606 - no shell is wanted.
        sys.executable, [*program, str(procfile), str(port), places]
    )
