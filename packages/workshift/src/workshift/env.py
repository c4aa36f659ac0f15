"""Read the project's environment: real variables first, then the file `.env`.

Whatever is wrong with it ends in one sentence that names the variable, never its value.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import environ
from django.core.exceptions import ImproperlyConfigured

from . import casts as readers
from .dotenv import UnusableDotenvError, parse, read


class InvalidEnvironment(ImproperlyConfigured):
    """The environment or `.env` holds something unusable; the message is for the user."""


class Environment(environ.Env):  # type: ignore[misc]  # django-environ ships no types.
    """django-environ's `Env`, strict where that one guesses.

    An empty variable counts as one that is not set. A value is taken as it stands: django-environ
    would read one that begins with `$`, as one in fifty of Django's secret keys does, as the name
    of another variable.

    The variables are a copy, so that `.env` never enters `os.environ`: child processes would
    inherit its values as if they were set for real, and an edited `.env` would never reach a
    reloaded web or worker process.
    """

    ENVIRON: ClassVar[dict[str, str]] = os.environ.copy()

    # The file that was read last, for the sentence about what it does not say.
    dotenv: ClassVar[Path] = Path(".env")

    @classmethod
    def read_env(cls, env_file: Any = None, *_: Any, **__: Any) -> None:
        """Read a file of `NAME=value` lines; a variable that is set already keeps its value.

        Raises `InvalidEnvironment` where the file cannot be read or a line is not of this form. A
        missing file is no error.
        """
        cls.dotenv = Path(env_file)
        for name, value in dotenv_values(cls.dotenv).items():
            cls.ENVIRON.setdefault(name, value)

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,  # noqa: FBT001, FBT002 - as environ has it.
    ) -> Any:
        """What `var` says, as `cast` makes of it, or `default` where it is not set or empty.

        Raises `InvalidEnvironment` where it is not set and there is no default, and where it
        does not fit `cast`.
        """
        value = self.ENVIRON.get(var, "")
        if value == "":
            if default is self.NOTSET:
                named = " (ENV_FILE names it)" if os.environ.get("ENV_FILE") else ""
                raise InvalidEnvironment(
                    f"{var} is not set: copy its line from .env.example, which says what it is "
                    f"for, to {self.dotenv}{named}, or set it in the "
                    "environment."
                )
            return self.parse_value(default, cast) if parse_default else default
        read = readers.STRICT.get(cast)
        try:
            return read(value) if read else self.parse_value(value, cast)
        except ValueError as error:
            # Any other error than ours may quote the value, which may be a secret.
            expected = str(error) if isinstance(error, readers.UnfitError) else "of another form"
            raise InvalidEnvironment(
                f"{var} must be {expected}; correct it in the environment or in .env."
            ) from None

    def port(self, var: str, default: int) -> int:
        """A TCP port, from 1 to 65535."""
        return int(self.get_value(var, cast=readers.port, default=default))

    def seconds(self, var: str, default: float) -> float:
        """A duration in seconds, 0 or more; fractions are allowed."""
        return float(self.get_value(var, cast=readers.seconds, default=default))

    def log_level(self, var: str, default: str) -> str:
        """The name of a log level, in capitals."""
        return str(self.get_value(var, cast=readers.log_level, default=default))

    def time_zone(self, var: str, default: str) -> str:
        """The name of a time zone that this machine knows, such as Europe/Berlin."""
        return str(self.get_value(var, cast=readers.time_zone, default=default))

    def redis_url(self, var: str, default: str) -> str:
        """The address of a Redis server: redis:// or, with TLS, rediss://."""
        return str(self.get_value(var, cast=readers.redis_url, default=default))

    def database(self, var: str, default: dict[str, Any]) -> dict[str, Any]:
        """An entry of Django's DATABASES from a URL such as postgres://user:password@host/name."""
        return dict(self.get_value(var, cast=readers.database, default=default))


def require_settings_module() -> None:
    """Raise `InvalidEnvironment` if DJANGO_SETTINGS_MODULE names no module.

    Another project may have left the name of its own in this shell.
    """
    name = os.environ.get("DJANGO_SETTINGS_MODULE")
    if name and not exists(name):
        raise InvalidEnvironment(
            f"DJANGO_SETTINGS_MODULE names {name}, which is not there: correct it, or unset it to "
            "have this project's own settings used."
        )


def exists(module: str) -> bool:
    """Tell whether there is a module of this name, without importing any part of it."""
    package, *parts = module.split(".")
    try:
        spec = find_spec(package)
    except ValueError:  # It begins with a dot, or is the script that runs.
        return False
    for part in parts:
        if spec is None:
            return False
        package = f"{package}.{part}"
        spec = PathFinder.find_spec(package, spec.submodule_search_locations or [])
    return spec is not None


def dotenv_file(default: Path) -> Path:
    """Return the file that the variables are read from: that of ENV_FILE, or `default`.

    Raises `InvalidEnvironment` where ENV_FILE, which another project may have set in this shell,
    names a file that is not there.
    """
    named = os.environ.get("ENV_FILE")
    if not named:
        return default
    if not Path(named).exists():
        raise InvalidEnvironment(
            f"ENV_FILE names {named}, which is not there: correct it, or unset it to have "
            f"{default} read."
        )
    return Path(named)


def dotenv_values(path: Path) -> dict[str, str]:
    """Return what the file gives to names; nothing if there is no such file.

    Raises `InvalidEnvironment` with a sentence that names the file and the line.
    """
    try:
        return parse(read(path) or "", path)
    except UnusableDotenvError as error:
        raise InvalidEnvironment(str(error)) from None


@contextmanager
def one_sentence_if_invalid() -> Iterator[None]:
    """End the process with the sentence instead of a traceback when the environment is invalid."""
    try:
        yield
    except InvalidEnvironment as error:
        raise SystemExit(str(error)) from None


def forget_dotenv_copy(dotenv: Path) -> None:
    """Remove from `os.environ` what honcho copied into it from `dotenv`.

    honcho reads `.env` once and hands the values to what it starts
    (https://honcho.readthedocs.io/en/latest/using_procfiles.html), where they would pass for
    real variables and hide every later edit of the file. It also reads some lines in another way
    than we do (https://github.com/nickstenning/honcho/pull/143): `a b` as `ab`, `a#b` as `a`. A
    variable whose value is what either of us reads in the file is such a copy; dropping it
    changes nothing now, as the settings read the file.

    Raises `InvalidEnvironment` where the file is broken.
    """
    if "HONCHO_PROCESS_NAME" not in os.environ:
        return
    ours = dotenv_values(dotenv)
    theirs = honcho_values(dotenv)
    for name, value in ours.items():
        if os.environ.get(name) in {value, theirs.get(name)}:
            os.environ.pop(name, None)


def honcho_values(dotenv: Path) -> dict[str, str]:
    """Return what honcho reads in the file; nothing if it could not have read it."""
    try:
        # Only development installs it.
        honcho = import_module("honcho.environ")
        return dict(honcho.parse(read(dotenv) or ""))
    except (ImportError, ValueError):
        return {}
