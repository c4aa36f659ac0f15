"""Reads the project's environment: real variables first, then the file `.env`.

Every error is one sentence that names the variable, never its value.
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
    """The environment or `.env` is unusable; the message is for the user."""


class Environment(environ.Env):  # type: ignore[misc]  # django-environ ships no types.
    """django-environ's `Env`, but strict where that guesses.

    An empty variable counts as not set. Values are taken literally: django-environ would read a
    value that begins with `$`, as one in fifty of Django's secret keys does, as the name of another
    variable.

    The variables are a copy, so `.env` never enters `os.environ`: child processes would inherit its
    values as real variables, and an edited `.env` would never reach a reloaded web or worker
    process.
    """

    ENVIRON: ClassVar[dict[str, str]] = os.environ.copy()

    # The last file read, for the message about a missing variable.
    dotenv: ClassVar[Path] = Path(".env")

    @classmethod
    def read_env(cls, env_file: Any = None, *_: Any, **__: Any) -> None:
        """Read a file of `NAME=value` lines; variables that are already set keep their values.

        Raises `InvalidEnvironment` if the file cannot be read or a line has another form. A missing
        file is not an error.
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
        """Return `var` converted by `cast`, or `default` if it is not set or empty.

        Raises `InvalidEnvironment` if it is not set and has no default, and if it does not fit
        `cast`.
        """
        value = self.ENVIRON.get(var, "")
        if value == "":
            if default is self.NOTSET:
                named = " (ENV_FILE names it)" if os.environ.get("ENV_FILE") else ""
                raise InvalidEnvironment(
                    f"{var} is not set: copy its line from .env.example, which explains it, to "
                    f"{self.dotenv}{named}, or set it in the environment."
                )
            return self.parse_value(default, cast) if parse_default else default
        read = readers.STRICT.get(cast)
        try:
            return read(value) if read else self.parse_value(value, cast)
        except ValueError as error:
            # Errors other than ours may quote the value, which may be a secret.
            expected = str(error) if isinstance(error, readers.UnfitError) else "of another form"
            raise InvalidEnvironment(
                f"{var} must be {expected}; correct it in the environment or in .env."
            ) from None

    def port(self, var: str, default: int) -> int:
        """A TCP port, from 1 to 65535."""
        return int(self.get_value(var, cast=readers.port, default=default))

    def seconds(self, var: str, default: float) -> float:
        """A duration in seconds, 0 or more, possibly with a fraction."""
        return float(self.get_value(var, cast=readers.seconds, default=default))

    def log_level(self, var: str, default: str) -> str:
        """The name of a log level, in capitals."""
        return str(self.get_value(var, cast=readers.log_level, default=default))

    def log_format(self, var: str, default: str) -> str:
        """How log lines look: plain or json."""
        return str(self.get_value(var, cast=readers.log_format, default=default))

    def time_zone(self, var: str, default: str) -> str:
        """The name of a time zone that this machine knows, such as Europe/Berlin."""
        return str(self.get_value(var, cast=readers.time_zone, default=default))

    def redis_url(self, var: str, default: str) -> str:
        """The address of a Redis server: redis://, with TLS rediss://, or that of its sentinels."""
        return str(self.get_value(var, cast=readers.redis_url, default=default))

    def broker_url(self, var: str, default: str) -> str:
        """The address of RabbitMQ, amqp:// or amqps://, or of a Redis server."""
        return str(self.get_value(var, cast=readers.broker_url, default=default))

    def database(self, var: str, default: dict[str, Any]) -> dict[str, Any]:
        """An entry of Django's DATABASES from a URL such as postgres://user:password@host/name."""
        return dict(self.get_value(var, cast=readers.database, default=default))


def require_settings_module() -> None:
    """Raise `InvalidEnvironment` if DJANGO_SETTINGS_MODULE names no module.

    Another project may have left its own in this shell.
    """
    name = os.environ.get("DJANGO_SETTINGS_MODULE")
    if name and not exists(name):
        raise InvalidEnvironment(
            f"DJANGO_SETTINGS_MODULE names {name}, which does not exist: correct it, or unset it "
            "to use this project's own settings."
        )


def exists(module: str) -> bool:
    """Tell whether a module exists, without importing any part of it."""
    package, *parts = module.split(".")
    try:
        spec = find_spec(package)
    except ValueError:  # It begins with a dot, or is the running script.
        return False
    for part in parts:
        if spec is None:
            return False
        package = f"{package}.{part}"
        spec = PathFinder.find_spec(package, spec.submodule_search_locations or [])
    return spec is not None


def dotenv_file(default: Path) -> Path:
    """Return the file with the variables: ENV_FILE or `default`.

    Raises `InvalidEnvironment` if ENV_FILE, which another project may have left in this shell,
    names a missing file.
    """
    named = os.environ.get("ENV_FILE")
    if not named:
        return default
    if not Path(named).exists():
        raise InvalidEnvironment(
            f"ENV_FILE names {named}, which does not exist: correct it, or unset it to use "
            f"{default}."
        )
    return Path(named)


def dotenv_values(path: Path) -> dict[str, str]:
    """Return the variables in the file, or nothing if there is no such file.

    Raises `InvalidEnvironment` with a sentence that names the file and the line.
    """
    try:
        return parse(read(path) or "", path)
    except UnusableDotenvError as error:
        raise InvalidEnvironment(str(error)) from None


@contextmanager
def one_sentence_if_invalid() -> Iterator[None]:
    """Exit with a sentence instead of a traceback if the environment is invalid."""
    try:
        yield
    except InvalidEnvironment as error:
        raise SystemExit(str(error)) from None


def forget_dotenv_copy(dotenv: Path) -> None:
    """Remove from `os.environ` what honcho copied into it from `dotenv`.

    honcho reads `.env` once and passes the values to its processes
    (https://honcho.readthedocs.io/en/latest/using_procfiles.html). There they would look like real
    variables and hide every later edit of the file. It also reads some lines differently from us
    (https://github.com/nickstenning/honcho/pull/143): `a b` as `ab`, `a#b` as `a`. A variable with
    the value that either of us reads in the file is such a copy. Dropping it changes nothing now,
    because the settings read the file.

    Raises `InvalidEnvironment` if the file is broken.
    """
    if "HONCHO_PROCESS_NAME" not in os.environ:
        return
    ours = dotenv_values(dotenv)
    theirs = honcho_values(dotenv)
    for name, value in ours.items():
        if os.environ.get(name) in {value, theirs.get(name)}:
            os.environ.pop(name, None)


# The environment before the settings were loaded, which may add to it; None: not known.
_before_settings: dict[str, str] | None = None


def remember_environment() -> None:
    """Note what is in the environment; the settings are not loaded yet."""
    global _before_settings  # noqa: PLW0603 - it belongs to the process.
    _before_settings = dict(os.environ)


def without_dotenv(dotenv: Path) -> dict[str, str]:
    """Return the environment without what the settings have copied into it from `dotenv`.

    django-environ's own `read_env()` does so. A new process that found the values there would take
    them for real variables, and never see a later edit of the file. If it is not known what was
    there before, nothing is left out.
    """
    before = os.environ if _before_settings is None else _before_settings
    try:
        values = dotenv_values(dotenv)
    except InvalidEnvironment:
        return dict(os.environ)
    return {
        name: value
        for name, value in os.environ.items()
        if name in before or values.get(name) != value
    }


def honcho_values(dotenv: Path) -> dict[str, str]:
    """Return what honcho reads in the file, or nothing if it cannot read it."""
    try:
        # Only development installs it.
        honcho = import_module("honcho.environ")
        return dict(honcho.parse(read(dotenv) or ""))
    except (ImportError, ValueError):
        return {}
