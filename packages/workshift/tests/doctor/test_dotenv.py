"""What the doctor says of `.env`."""

from pathlib import Path

import pytest

from tests import ROOT
from workshift.doctor.context import Context
from workshift.doctor.dotenv import dotenv
from workshift.doctor.examinations import Examination, carry_out
from workshift.doctor.findings import Level
from workshift.dotenv import write_dotenv
from workshift.env import InvalidEnvironment

EXAMPLE = ROOT / "tests" / "env.example"


@pytest.fixture
def path(context: Context, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `.env` of a project that has just been set up."""
    path = context.folder / ".env"
    monkeypatch.setenv("ENV_FILE", str(path))
    example = context.folder / ".env.example"
    example.write_text(EXAMPLE.read_text())
    write_dotenv(example, path)
    return path


def only(context: Context) -> tuple[Level, str]:
    """The one finding."""
    [finding] = dotenv(context)
    return finding.level, str(finding)


def test_a_fresh_one_is_fine(context: Context, path: Path) -> None:
    assert only(context)[0] is Level.OK


def test_one_that_is_missing(context: Context, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.unlink()
    monkeypatch.delenv("ENV_FILE")
    assert only(context)[0] is Level.OK

    monkeypatch.delenv("SECRET_KEY")
    level, line = only(context)
    assert level is Level.PROBLEM
    assert "Copy .env.example" in line


@pytest.mark.parametrize("content", [b"NAME = value\n", b"NAME=\xff\n"])
def test_one_that_cannot_be_read(context: Context, path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(InvalidEnvironment, match=str(path)):
        only(context)


def test_one_that_is_a_folder_or_leads_nowhere(
    context: Context, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.unlink()
    examination = Examination(".env", "dotenv.dotenv")

    path.mkdir()
    [folder] = carry_out(examination, context)
    path.rmdir()
    monkeypatch.delenv("ENV_FILE")
    path.symlink_to("/nowhere/.env")
    [link] = carry_out(examination, context)

    assert folder.level is link.level is Level.PROBLEM
    assert f"{path} is a folder" in folder.sentence
    assert f"{path} is a link to /nowhere/.env" in link.sentence


def test_another_file_than_that_of_the_project_is_named(
    context: Context, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "(ENV_FILE names it)" in only(context)[1]
    monkeypatch.delenv("ENV_FILE")
    assert "ENV_FILE" not in only(context)[1]


def test_one_that_others_can_read(context: Context, path: Path) -> None:
    path.chmod(0o644)

    level, line = only(context)

    assert level is Level.WARNING
    assert f"chmod 600 {path}" in line


def test_a_misspelt_and_a_missing_variable(
    context: Context, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_PREFIX")
    path.write_text(path.read_text().replace("\nREDIS_PREFIX=", "\nREDIS_PREFX="))

    misspelt, missing = dotenv(context)

    assert misspelt.level is missing.level is Level.WARNING
    assert "Did you mean REDIS_PREFIX?" in str(misspelt)
    assert "does not set REDIS_PREFIX" in str(missing)
