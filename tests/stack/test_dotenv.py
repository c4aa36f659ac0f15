"""`.env` as `scripts/setup` writes it."""

import stat
from pathlib import Path

import pytest

from django_celery.stack.dotenv import REDIS_PORTS, write_dotenv
from tests.processes import ROOT

EXAMPLE = ROOT / ".env.example"


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

    with pytest.raises(OSError, match="disk full"):
        write_dotenv(EXAMPLE, tmp_path / ".env")

    assert list(tmp_path.iterdir()) == []
