"""The table of docs/durable-tasks.md is that of the code. Its example is run by tests/repository/docs."""

import re

from tests import ROOT
from workshift.durable import states
from workshift.durable.states import Move, Status

PAGE = (ROOT / "docs" / "durable-tasks.md").read_text()


def test_the_table_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\w+) \| (\w+) \|", PAGE, re.MULTILINE)
    documented = {
        name: Move(tuple(Status) if before == "any" else (Status(before),), Status(after))
        for name, before, after in rows
    }

    assert documented == {
        name: move for name, move in vars(states).items() if isinstance(move, Move)
    }
