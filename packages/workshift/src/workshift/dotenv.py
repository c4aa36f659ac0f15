"""Reads `.env`, and writes it from `.env.example` with fresh values for the empty ones.

`scripts/setup` runs this at every start. It imports nothing from the project or Django, so it takes
next to no time.
"""

import codecs
import os
import re
import secrets
import socket
import sys
import tempfile
from pathlib import Path

# Below the ports that Linux and macOS use for outgoing connections.
REDIS_PORTS = range(20_000, 30_000)


class UnusableDotenvError(Exception):
    """The file cannot be used as it is; the message is a sentence with the next step."""


def read(dotenv: Path) -> str | None:
    """Return the text of the file, or None if there is none. Raises UnusableDotenvError."""
    try:
        data = dotenv.read_bytes()
    except FileNotFoundError:
        if not dotenv.is_symlink():
            return None
        raise UnusableDotenvError(
            f"{dotenv} is a link to {dotenv.readlink()}, which does not exist: restore that file, "
            "or remove the link and run ./scripts/setup, which writes a file."
        ) from None
    except IsADirectoryError:
        raise UnusableDotenvError(
            f"{dotenv} is a folder but must be a file: move it away and run ./scripts/setup, "
            "which writes one."
        ) from None
    except PermissionError as error:
        raise UnusableDotenvError(
            f"{dotenv} cannot be read: {error.strerror}. Run "
            f"`sudo chown $(id -un) {dotenv} && chmod 600 {dotenv}`."
        ) from None
    except OSError as error:
        raise UnusableDotenvError(f"{dotenv} cannot be read: {error.strerror}.") from None
    try:
        # "-sig": some editors on Windows begin a file with an invisible byte order mark.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without its mark is UTF-8 full of null characters.
    if "\0" in text:
        is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        what = "it is UTF-16, not UTF-8" if is_utf16 else "it is not UTF-8 text"
        raise UnusableDotenvError(f"{dotenv} cannot be read: {what}. Save it as UTF-8.")
    return text


def parse(text: str, dotenv: Path) -> dict[str, str]:
    """Return the variables in `text`, the content of the file `dotenv`.

    Spaces at the end of a line are not part of the value, and neither are quotes around it. The
    last line that sets a variable wins. Raises UnusableDotenvError with the number of an ambiguous
    line, never with its value.
    """
    values = {}
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        meant = line.strip()
        if not meant or meant.startswith("#"):
            continue
        where = f"Line {number} of {dotenv}"
        found = re.fullmatch(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", meant)
        if found:
            name, value = found.groups()
            if re.match(r"\s+[^\s#]", value):
                found = None
        if not found:
            raise UnusableDotenvError(
                f"{where} must have the form NAME=value, with no spaces around the equals sign and "
                "a name of Latin letters, digits and underscores."
            )
        values[name] = _unquoted(value, f"{where} gives {name}")
    return values


def _unquoted(value: str, what: str) -> str:
    """Return `value` without its quotes; `what` begins the error message."""
    if value[:1] in {'"', "'"}:
        quote = value[0]
        # First between unambiguous quotes, else everything between the first and the last quote.
        inner = re.fullmatch(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}(\s+#.*)?", value)
        inner = inner or re.fullmatch(rf"{quote}(.*){quote}", value)
        if not inner:
            raise UnusableDotenvError(
                f"{what} a value that begins with a quote but does not end with one. Close it on "
                "the same line, or put a value that contains a quote in quotes of the other kind."
            )
        # A value on one line can contain a line break as \\n, for readers that support it.
        return re.sub(r"\\([^rnt])", r"\1", inner[1]) if quote == '"' else inner[1]
    if re.search(r"\s#", value):
        raise UnusableDotenvError(
            f"{what} a value followed by a comment. Put the comment on its own line, or the value "
            "in quotes if the # is part of it."
        )
    return value


def write_dotenv(example: Path, dotenv: Path) -> bool:
    """Fill in SECRET_KEY, REDIS_PORT and REDIS_PREFIX in `dotenv` if they are empty.

    A missing file is created from `example`. Existing values are never changed, and a link stays a
    link: its target is written. The file is written completely or not at all, and only its owner
    can read it. Returns whether it was written; raises UnusableDotenvError.
    """
    present = read(dotenv)
    text = present if present is not None else read(example) or ""
    filled = fill(text, dotenv.resolve().parent.name)
    # A pipe, for example from a password manager, must not be replaced by a file.
    if present is not None and (filled == text or not dotenv.is_file()):
        return False
    target = dotenv.resolve()
    try:
        _replace(target, filled)
    except OSError as error:
        raise UnusableDotenvError(
            f"{dotenv} cannot be written in {target.parent}: {error.strerror or error}. Free "
            "some space, make the folder writable, and run ./scripts/setup."
        ) from error
    return True


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def fill(text: str, project: str) -> str:
    """Return `text` with fresh values in the lines that are exactly `NAME=`.

    The Redis prefix begins with `project`, reduced to plain characters.
    """
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "REDIS_PORT": free_port(),
        "REDIS_PREFIX": f"{re.sub(r'[^a-z0-9_]+', '_', project.lower())}:{secrets.token_hex(4)}:",
    }
    for name, value in fresh.items():
        # The carriage return of a Windows line ending stays.
        text = re.sub(rf"^{name}=[ \t]*(?=\r?$)", f"{name}={value}", text, flags=re.MULTILINE)
    return text


def free_port() -> int:
    """Return a random free port of 127.0.0.1, so that clones differ."""
    while True:
        port = secrets.choice(REDIS_PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


if __name__ == "__main__":
    try:
        if write_dotenv(Path(sys.argv[1]), Path(sys.argv[2])):
            print("Wrote .env with a secret key and a Redis port of its own.")
    except UnusableDotenvError as unusable:
        sys.exit(str(unusable))
