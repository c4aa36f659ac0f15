"""docs/security.md: each line of its table has a test."""

import re

import pytest

from tests import ROOT

PAGE = ROOT / "docs" / "security.md"

# The last column of each table: a link to a file, whose words are the test.
LINES = re.findall(r"^\| (?!---|tried)(.*) \|$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", LINES)
def test_a_line_has_a_test(line: str) -> None:
    tests = re.findall(r"\[`(\w+)`\]\(\.\./([\w/.]+)\)", line.rpartition(" | ")[2])

    assert tests
    for name, file in tests:
        assert f"def {name}(" in (ROOT / file).read_text(), f"{name} is not in {file}."
