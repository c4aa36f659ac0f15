"""What the project writes while it runs is for its owner only, whatever the umask says."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import LazySettings

from workshift import private
from workshift.dev import lifeline
from workshift.mailbox import mails


@pytest.fixture(autouse=True, params=[0o000, 0o002, 0o022], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let others do as much as a umask may allow."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[Path]:
    """What others can reach from `folder`, which they may look into."""
    return [path for path in folder.iterdir() if private.is_open(path)]


def test_the_mailbox(tmp_path: Path, settings: LazySettings) -> None:
    settings.MAILBOX_FOLDER = tmp_path / ".run" / "mailbox"

    mails.keep(b"Subject: Hello\n\nSecret.\n")

    assert len(mails.newest_first()) == 1
    assert open_to_others(tmp_path) == []
    assert open_to_others(tmp_path / ".run") == []


def test_the_lock_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    lifeline.hold()

    assert open_to_others(tmp_path) == []


def test_the_database_and_the_files_beside_it(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.DEBUG = True
    name = tmp_path / "db.sqlite3"
    connection = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": name})
    with closing(sqlite3.connect(name)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        private.close_database(connection)
        database.execute("CREATE TABLE messages (text)")
        database.commit()

        assert {path.name for path in tmp_path.iterdir()} >= {"db.sqlite3", "db.sqlite3-wal"}
        assert open_to_others(tmp_path) == []


def test_a_database_that_somebody_has_chosen_stays_as_it_is(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.DEBUG = True
    shared = tmp_path / "shared.sqlite3"
    shared.touch()
    shared.chmod(0o660)
    for connection in (
        SimpleNamespace(vendor="sqlite", settings_dict={"NAME": shared}),
        SimpleNamespace(vendor="sqlite", settings_dict={"NAME": ":memory:"}),
        SimpleNamespace(vendor="postgresql", settings_dict={"NAME": "db.sqlite3"}),
    ):
        private.close_database(connection)

    assert open_to_others(tmp_path) == [shared]
