"""A folder that the stack cannot work in is named in one sentence, with the next step."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from workshift.dev.errors import CannotStartError
from workshift.dev.folder import require_usable
from workshift.doctor.context import Context
from workshift.doctor.findings import Level
from workshift.doctor.folder import usable

from tests.repository.addapp.conftest import Run, folder, run

__all__ = ["folder", "run"]

# Whom every system knows, and who owns nothing.
NOBODY = 65534


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of an ordinary user, who the test is, also where root has started it."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        yield path
    finally:
        if is_root:
            os.seteuid(0)
        else:
            for one in path.rglob("*"):
                one.chmod(0o700)
            path.chmod(0o700)
        shutil.rmtree(path)


def trouble(path: Path) -> str:
    """Return the sentence."""
    with pytest.raises(CannotStartError) as error:
        require_usable(path)
    return str(error.value)


def test_an_ordinary_one_is_usable(place: Path) -> None:
    require_usable(place)
    (place / ".run" / "redis" / "appendonlydir").mkdir(parents=True)
    (place / ".run" / "dev.lock").touch()

    require_usable(place)

    elsewhere = place / "elsewhere"
    (place / ".run").rename(elsewhere)
    (place / ".run").symlink_to(elsewhere)
    require_usable(place)


def test_one_of_another_user_is_named_with_the_owner(place: Path) -> None:
    assert re.fullmatch(
        r"/ cannot be written: it belongs to root\. Run `sudo chown .+", trouble(Path("/"))
    )


@pytest.mark.parametrize(
    "name", [".run", ".run/dev.lock", ".run/redis", ".run/redis/appendonlydir/1.aof"]
)
def test_something_in_it_that_cannot_be_written_is_named(place: Path, name: str) -> None:
    (place / ".run" / "redis" / "appendonlydir").mkdir(parents=True)
    (place / ".run" / "dev.lock").touch()
    (place / ".run" / "redis" / "appendonlydir" / "1.aof").touch()
    (place / name).chmod(0o500)

    assert trouble(place) == (
        f"{place / name} cannot be written. Run `chmod -R u+rwX {place / '.run'}` and run this "
        "again."
    )


def test_one_that_is_read_only_is_named(place: Path) -> None:
    place.chmod(0o500)

    assert trouble(place).startswith(f"{place} cannot be written. Run `chmod ")


def test_a_file_system_that_is_read_only_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.chmod(0o500)
    # No test can be sure to find such a file system, or to be allowed to make one.
    read_only = os.statvfs_result((*[0] * 8, os.ST_RDONLY, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: read_only)

    assert trouble(place).startswith(f"{place} cannot be written: its file system is read-only.")


@pytest.mark.parametrize(
    "make",
    [
        Path.touch,
        os.mkfifo,
        lambda path: path.symlink_to("/nowhere"),
        lambda path: path.symlink_to("/etc/passwd"),
    ],
)
def test_a_run_that_is_no_folder_is_named(place: Path, make: Callable[[Path], None]) -> None:
    make(place / ".run")

    assert re.match(rf"{place}/\.run (must be a folder|is a link to /nowhere)", trouble(place))


def test_a_colon_in_the_path_is_named(place: Path) -> None:
    (place / "a:b").mkdir()

    assert f"The path {place / 'a:b'} contains a colon" in trouble(place / "a:b")


def test_the_doctor_knows_it_where_it_counts(tmp_path: Path, settings: Settings) -> None:
    context = Context()
    context.folder = tmp_path
    (tmp_path / ".run").touch()
    assert list(usable(context)) == []

    settings.DEBUG = True
    [finding] = usable(context)
    assert finding.level is Level.PROBLEM
    (tmp_path / ".run").unlink()
    [finding] = usable(context)
    assert finding.level is Level.OK


def test_every_command_says_it_in_one_sentence(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".run").touch()
    monkeypatch.setenv("REDIS_URL", "")
    for command in (["dev"], ["runredis"], ["addapp", "orders"]):
        done = run("manage.py", *command)

        assert done.returncode == 1
        assert f"{folder / '.run'} must be a folder. Remove it" in done.stdout
        assert done.stdout.count("\n") == 1


def test_a_database_that_is_none_is_one_sentence(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "db.sqlite3").write_text("This is no database, although it is long enough. " * 99)

    done = run("manage.py", "dev")

    assert done.returncode == 1
    assert "The database in DATABASE_URL cannot be used: file is not a database." in done.stdout
    assert "Traceback" not in done.stdout
