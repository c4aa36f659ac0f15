"""What the doctor says of the files that the project writes."""

import pytest

from workshift.doctor.context import Context
from workshift.doctor.findings import Level
from workshift.doctor.folder import readable


@pytest.mark.parametrize("name", [".run", "db.sqlite3", "db.sqlite3-wal"])
@pytest.mark.parametrize("right", [0o040, 0o004, 0o002])
def test_what_others_can_read_is_named(context: Context, name: str, right: int) -> None:
    path = context.folder / name
    path.mkdir(mode=0o700)
    assert [finding.level for finding in readable(context)] == [Level.OK]

    path.chmod(0o700 | right)

    [finding] = readable(context)
    assert finding.level is Level.WARNING
    assert f"Run `chmod go= {path}`." in str(finding)


def test_before_anything_is_stored_nobody_can_read_it(context: Context) -> None:
    assert [finding.level for finding in readable(context)] == [Level.OK]
