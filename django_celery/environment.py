"""Read the project's environment: real variables first, then the file `.env`.

Whatever is wrong with it ends in one sentence that names the variable, never its value.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, override

import environ
from django.core.exceptions import ImproperlyConfigured

from django_celery import readers


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

    @classmethod
    @override
    def read_env(cls, env_file: Any = None, *args: Any, **kwargs: Any) -> None:
        """Read a file of `NAME=value` lines; a variable that is set already keeps its value.

        Raises `InvalidEnvironment` naming the line that is not of this form. A missing file is
        no error.
        """
        path = Path(env_file)
        try:
            # "-sig": some editors on Windows begin a file with a mark that nobody sees.
            lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise InvalidEnvironment(f"{path} cannot be read: {reason}.") from None
        meant = {n: line for n, line in enumerate(lines, start=1) if re.match(r"\s*[^\s#]", line)}
        for number, line in meant.items():
            if not re.match(r"(export )?\w+=", line):
                raise InvalidEnvironment(
                    f"Line {number} of {path} must have the form NAME=value, with no spaces "
                    "around the equals sign."
                )
        super().read_env(StringIO("\n".join(meant.values())), *args, **kwargs)

    @override
    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        """What `var` says, as `cast` makes of it, or `default` where it is not set or empty.

        Raises `InvalidEnvironment` where it is not set and there is no default, and where it
        does not fit `cast`.
        """
        value = self.ENVIRON.get(var, "")
        if value == "":
            if default is self.NOTSET:
                raise InvalidEnvironment(
                    f"{var} is not set: run ./scripts/dev, which writes it to .env, or set it in "
                    "the environment (.env.example says what it is for)."
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
    real variables and hide every later edit of the file. A variable whose value equals the
    file's is such a copy; dropping it changes nothing now, as the settings read the same
    value from the file.

    Raises `InvalidEnvironment` where the file is broken.
    """
    if "HONCHO_PROCESS_NAME" not in os.environ or not dotenv.is_file():
        return

    class Dotenv(Environment):
        ENVIRON: ClassVar[dict[str, str]] = {}

    Dotenv.read_env(dotenv)
    for name, value in Dotenv.ENVIRON.items():
        if os.environ.get(name) == value:
            del os.environ[name]
