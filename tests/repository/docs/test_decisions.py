"""docs/decisions.md has a reason for each package."""

import re
import tomllib

from tests import ROOT


def test_every_package_has_a_row() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    required = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    required += [package for extra in extras for package in extra]
    page = (ROOT / "docs/decisions.md").read_text()
    # The first column; what is not used has rows of its own.
    rows = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)
    named = {re.sub(r"\[.*", "", name) for row in rows for name in re.findall(r"`([^`]+)`", row)}

    assert {re.split(r"[\[<>=]", package)[0] for package in required} - named == set()
