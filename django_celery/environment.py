"""Read the project's environment: real variables first, then the file `.env`."""

import os
from pathlib import Path

import environ


class Environment(environ.Env):
    """Variables from a copy of the environment, so that `.env` never enters `os.environ`.

    django-environ's `read_env()` writes what it reads into `ENVIRON`. If that were
    `os.environ`, child processes would inherit the values as if they were set for real, and
    an edited `.env` would never reach a reloaded web or worker process.
    """

    ENVIRON = os.environ.copy()


def forget_dotenv_copy(dotenv: Path) -> None:
    """Remove from `os.environ` what honcho copied into it from `dotenv`.

    honcho reads `.env` once and hands the values to what it starts
    (https://honcho.readthedocs.io/en/latest/using_procfiles.html), where they would pass for
    real variables and hide every later edit of the file. A variable whose value equals the
    file's is such a copy; dropping it changes nothing now, as the settings read the same
    value from the file.
    """
    if "HONCHO_PROCESS_NAME" not in os.environ or not dotenv.is_file():
        return

    class Dotenv(environ.Env):
        ENVIRON: dict[str, str] = {}

    Dotenv.read_env(dotenv)
    for name, value in Dotenv.ENVIRON.items():
        if os.environ.get(name) == value:
            del os.environ[name]
