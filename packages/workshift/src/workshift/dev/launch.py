"""What `manage.py dev` does: look before anything starts, then become honcho."""

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from .. import paths
from ..reload import stopping
from . import lifeline
from .errors import CannotStartError
from .first_screen import first_screen
from .folder import require_usable
from .ports import redis_port, require_free, web_port
from .redis_process import Say


def launch(say: Say) -> NoReturn:
    """Start the processes of `Procfile.dev`, after all that could go wrong has been looked at.

    Raises CannotStartError.
    """
    root = paths.project()
    require_usable(root)
    if not (root / "Procfile.dev").is_file():
        raise CannotStartError(
            f"{root} has no Procfile.dev, which names the processes to start, one in each line: "
            "`web: python manage.py runserver $PORT`, `worker: python manage.py runworker` and, "
            "for a Redis of this project, `redis: python manage.py runredis`."
        )
    lifeline.hold()
    port = web_port()
    require_free("PORT", port)
    own_redis = redis_port()
    if own_redis:
        require_free("REDIS_PORT", own_redis)
    migrate(say)
    say(first_screen(port, own_redis))
    become_honcho(port)


def migrate(say: Say) -> None:
    """Bring the database up to date; say something only if it was not.

    Raises CannotStartError if the database cannot be used.
    """
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            say(f"Migrating the database ({len(plan)} migrations).")
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CannotStartError(
            f"The database of DATABASE_URL cannot be used: {str(error).strip().rstrip('.')}. "
            "`python manage.py doctor` says what to do."
        ) from error


def longest_grace(procfile: str) -> float:
    """Return the longest time that a worker of this Procfile gives to its running tasks."""
    asked = re.findall(r"^[\w-]+:.* --grace[= ](\d+\.?\d*)", procfile, re.MULTILINE)
    return max([stopping.GRACE, *map(float, asked)])


def become_honcho(port: int) -> NoReturn:
    """Replace this process with honcho, so that a signal to it is a signal to honcho."""
    root = paths.project()
    os.chdir(root)
    # `python` in Procfile.dev means the interpreter of this environment, activated or not.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    procfile = root / "Procfile.dev"
    os.environ[stopping.VARIABLE] = str(stopping.of_stack(longest_grace(procfile.read_text())))
    sys.stdout.flush()
    # -P: the modules beside manager.py must not hide those of the same name elsewhere.
    program = [sys.executable, "-P", str(Path(__file__).with_name("manager.py"))]
    os.execv(  # noqa: S606 - no shell is wanted.
        sys.executable, [*program, str(procfile), str(port)]
    )
