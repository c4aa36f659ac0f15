"""Read `.env`, and write it from `.env.example` with fresh values where that leaves them empty.

`scripts/setup` runs this file by its path: it imports nothing of the project or of Django,
and so costs next to nothing on every start.
"""

import codecs
import os
import re
import secrets
import socket
import sys
import tempfile
from pathlib import Path

# Below the ranges from which Linux and macOS take the ports of outgoing connections.
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
            f"{dotenv} is a link to {dotenv.readlink()}, which is not there: bring that file back, "
            "or remove the link and run ./scripts/setup, which writes a file."
        ) from None
    except IsADirectoryError:
        raise UnusableDotenvError(
            f"{dotenv} is a folder and must be a file: move it away and run ./scripts/setup, "
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
        # "-sig": some editors on Windows begin a file with a mark that nobody sees.
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
    """Return the values that `text`, which stands in the file `dotenv`, gives to names.

    Blanks at the end of a line do not belong to the value, and neither do quotes around it. The
    last line wins that gives a name a value. Raises UnusableDotenvError with the number of a line
    that can be read in two ways, never with its value.
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
    """Return `value` without quotes; `what` begins the sentence that refuses it."""
    if value[:1] in {'"', "'"}:
        quote = value[0]
        # Between quotes that cannot be mistaken, and whatever stands between the first and the last.
        inner = re.fullmatch(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}(\s+#.*)?", value)
        inner = inner or re.fullmatch(rf"{quote}(.*){quote}", value)
        if not inner:
            raise UnusableDotenvError(
                f"{what} a value that begins with a quote and does not end with one. Close it on "
                "the same line; a quote that belongs to the value stands in quotes of the other kind."
            )
        # A value of one line can hold a line break as \\n, which whoever reads it may ask for.
        return re.sub(r"\\([^rnt])", r"\1", inner[1]) if quote == '"' else inner[1]
    if re.search(r"\s#", value):
        raise UnusableDotenvError(
            f"{what} a value with a comment behind it. Put the comment on a line of its own, or "
            "the value in quotes if the # belongs to it."
        )
    return value


def write_dotenv(example: Path, dotenv: Path) -> bool:
    """Give `dotenv` a value for SECRET_KEY, REDIS_PORT and REDIS_PREFIX where it has none.

    The file is made from `example` if it is missing. What stands in it is never changed, and a
    link stays one: what it leads to is written. The file appears whole or not at all, and only its
    owner can read it. Returns whether it was written; raises UnusableDotenvError.
    """
    present = read(dotenv)
    text = present if present is not None else read(example) or ""
    filled = fill(text, dotenv.resolve().parent.name)
    # What is no file, such as a pipe from a password manager, cannot be replaced by one.
    if present is not None and (filled == text or not dotenv.is_file()):
        return False
    target = dotenv.resolve()
    try:
        _replace(target, filled)
    except OSError as error:
        raise UnusableDotenvError(
            f"{dotenv} cannot be written in {target.parent}: {error.strerror or error}. Make room "
            "there and the folder writable, and run ./scripts/setup."
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

    `project` is what the names of the keys in Redis begin with, as far as it is plain.
    """
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "REDIS_PORT": free_port(),
        "REDIS_PREFIX": f"{re.sub(r'[^a-z0-9_]+', '_', project.lower())}:{secrets.token_hex(4)}:",
    }
    for name, value in fresh.items():
        # A line of Windows ends with another character, which stays.
        text = re.sub(rf"^{name}=[ \t]*(?=\r?$)", f"{name}={value}", text, flags=re.MULTILINE)
    return text


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, at random, so that clones differ."""
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
