"""`.env` as `scripts/setup` writes it."""

import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import ROOT
from workshift import dotenv as dotenv_module
from workshift.dotenv import REDIS_PORTS, UnusableDotenvError, parse, write_dotenv
from workshift.env import Environment, InvalidEnvironment

EXAMPLE = ROOT / "tests" / "env.example"


def values(dotenv: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in dotenv.read_text().splitlines())
    return {name: value for name, equals, value in lines if equals and not name.startswith("#")}


def test_gets_fresh_values_of_its_own(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"

    assert write_dotenv(EXAMPLE, one)
    assert write_dotenv(EXAMPLE, other)

    for name in ("SECRET_KEY", "REDIS_PREFIX"):
        assert values(one)[name] != values(other)[name]
    assert len(values(one)["SECRET_KEY"]) >= 50
    assert int(values(one)["REDIS_PORT"]) in REDIS_PORTS


def test_keeps_the_other_lines_of_the_example(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"

    write_dotenv(EXAMPLE, dotenv)

    fresh = {"SECRET_KEY", "REDIS_PORT", "REDIS_PREFIX"}
    lines = [
        (line, example)
        for line, example in zip(
            dotenv.read_text().splitlines(), EXAMPLE.read_text().splitlines(), strict=True
        )
        if example.removesuffix("=") not in fresh
    ]
    assert [line for line, _ in lines] == [example for _, example in lines]


def test_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"

    write_dotenv(EXAMPLE, dotenv)

    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600


def test_is_left_alone_once_it_has_values(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SECRET_KEY=mine\nREDIS_PORT=20001\nOTHER=\n")

    assert not write_dotenv(EXAMPLE, dotenv)

    assert dotenv.read_text() == "SECRET_KEY=mine\nREDIS_PORT=20001\nOTHER=\n"


def test_that_was_copied_from_the_example_by_hand_is_completed(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    # With the mark that editors on Windows begin a file with, and without it.
    for encoding in ("utf-8", "utf-8-sig"):
        dotenv.write_text("SECRET_KEY=\nDEBUG=on\n", encoding)

        assert write_dotenv(EXAMPLE, dotenv)

        assert values(dotenv)["DEBUG"] == "on"
        assert values(dotenv)["SECRET_KEY"]


def test_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(UnusableDotenvError, match="disk full"):
        write_dotenv(EXAMPLE, tmp_path / ".env")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_keeps_its_line_endings(tmp_path: Path, newline: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(f"# One.{newline}SECRET_KEY={newline}DEBUG=on{newline}".encode())

    assert write_dotenv(EXAMPLE, dotenv)

    first, key, last, end = dotenv.read_bytes().decode().split(newline)
    assert (first, last, end) == ("# One.", "DEBUG=on", "")
    assert re.fullmatch(r"SECRET_KEY=\S+", key)


def test_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    target = tmp_path / "secrets" / "shared"
    target.write_text("SECRET_KEY=\n")
    dotenv = tmp_path / ".env"
    dotenv.symlink_to("secrets/shared")

    assert write_dotenv(EXAMPLE, dotenv)

    assert dotenv.is_symlink()
    assert values(target)["SECRET_KEY"]
    assert list(target.parent.iterdir()) == [target]


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def unreadable(path: Path) -> None:
    # Not even root can read a process's memory from its beginning.
    path.symlink_to("/proc/self/mem")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def text_in(encoding: str) -> Callable[[Path], None]:
    """Write Russian as an editor does that is set to this encoding."""

    def make(path: Path) -> None:
        path.write_bytes(
            "# \u041f\u0440\u0438\u0432\u0435\u0442\r\nSECRET_KEY=x\r\n".encode(encoding)
        )

    return make


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        (folder, "is a folder but must be a file: move it away"),
        (dangling, "is a link to .+/nowhere, which does not exist: restore that file"),
        (link_to_itself, "cannot be read: "),
        (unreadable, "cannot be read: "),
        (a_socket, "cannot be read: "),
        (text_in("utf-16"), "cannot be read: it is UTF-16, not UTF-8. Save it as UTF-8"),
        (text_in("utf-16-le"), "cannot be read: it is not UTF-8 text. Save it as UTF-8"),
        (text_in("utf-32"), "cannot be read: it is UTF-16, not UTF-8. Save it as UTF-8"),
        (text_in("cp1251"), "cannot be read: it is not UTF-8 text. Save it as UTF-8"),
        (text_in("koi8-r"), "cannot be read: it is not UTF-8 text. Save it as UTF-8"),
        (lambda path: path.write_bytes(b"\0" * 512), "cannot be read: it is not UTF-8 text"),
    ],
)
def test_that_cannot_be_used_is_named_in_one_sentence(
    make: Callable[[Path], None], trouble: str, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    make(dotenv)
    script = dotenv_module.__file__

    done = subprocess.run(
        [sys.executable, "-I", script, EXAMPLE, dotenv], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert re.fullmatch(rf"{re.escape(str(dotenv))} {trouble}[^\n]*\.\n", done.stderr)
    with pytest.raises(InvalidEnvironment, match=trouble):
        Environment.read_env(dotenv)
    # Nothing was written in its place.
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_whose_folder_cannot_be_written_is_named_in_one_sentence() -> None:
    with pytest.raises(
        UnusableDotenvError, match=r"^/proc/\.env cannot be written in /proc: \S.+\."
    ):
        write_dotenv(EXAMPLE, Path("/proc/.env"))


def test_that_is_a_pipe_of_a_password_manager_is_read_and_never_replaced(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    os.mkfifo(dotenv)
    with subprocess.Popen(["/bin/sh", "-c", 'printf "SECRET_KEY=\n" >"$0"', dotenv]) as manager:
        assert not write_dotenv(EXAMPLE, dotenv)
        assert manager.wait() == 0

    assert dotenv.is_fifo()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=shop", "shop"),
        ("NAME=shop \t", "shop"),
        ("NAME=shop\u00a0", "shop"),
        ("NAME=a b", "a b"),
        ("    NAME=shop", "shop"),
        ("\tNAME=shop", "shop"),
        ("export NAME=shop", "shop"),
        ("export\t NAME=shop", "shop"),
        ("NAME=", ""),
        ("NAME=   ", ""),
        ("NAME=abc#def", "abc#def"),
        ("NAME=#abc", "#abc"),
        ("NAME=it's", "it's"),
        ("NAME=a=b", "a=b"),
        ("NAME=$HOME", "$HOME"),
        ("NAME='shop '", "shop "),
        ('NAME="shop "  ', "shop "),
        ('NAME="shop # ours"', "shop # ours"),
        ("NAME='shop # ours'  # Our server.", "shop # ours"),
        ('NAME="shop" # Our "best" server.', "shop"),
        ('NAME="{"key": "value"}"', '{"key": "value"}'),
        (r'NAME="say \"hi\""', 'say "hi"'),
        (r'NAME="l1\nl2"', r"l1\nl2"),
        (r"NAME='C:\new'", r"C:\new"),
        ("NAME='\"quoted\"'", '"quoted"'),
        ("NAME=one\nNAME=two", "two"),
        ("NAME=one\r\n# Two.\r\n", "one"),
        ("NAME=a\u2028b", "a\u2028b"),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, value: str) -> None:
    assert parse(line, Path(".env")) == {"NAME": value}


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("NAME=shop # hunter2", "gives NAME a value followed by a comment"),
        ("NAME=shop\t#hunter2", "gives NAME a value followed by a comment"),
        ("NAME= # hunter2", "gives NAME a value followed by a comment"),
        ("NAME=hunter2\u00a0# ours", "gives NAME a value followed by a comment"),
        ('NAME="hunter2', "gives NAME a value that begins with a quote but does not end with one"),
        ("NAME='hunter2\"", "gives NAME a value that begins with a quote"),
        ('NAME="', "gives NAME a value that begins with a quote"),
        ("NAME = hunter2", "must have the form NAME=value, with no spaces"),
        ("NAME= hunter2", "must have the form NAME=value, with no spaces"),
        ("NAME: hunter2", "must have the form NAME=value"),
        ("MY-NAME=hunter2", "must have the form NAME=value"),
        ("\u041dAME=hunter2", "must have the form NAME=value"),
    ],
)
def test_a_line_that_can_be_read_in_two_ways_is_refused_with_its_number(
    line: str, trouble: str
) -> None:
    with pytest.raises(UnusableDotenvError) as error:
        parse(f"# One.\n{line}\n", Path(".env"))

    assert re.fullmatch(rf"Line 2 of \.env {trouble}.+\.", str(error.value))
    assert "hunter2" not in str(error.value)
