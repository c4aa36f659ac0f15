"""What is there in both languages says the same, and names the scripts that there are."""

import re
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.docs import markdown

PAIRS = [
    pytest.param(markdown.read(f"{name}.md"), markdown.read(f"{name}.ru.md"), id=name)
    for name in ("README", "docs/from-the-tutorial")
    # A project without the demo has not got the other.
    if (ROOT / f"{name}.md").exists()
]


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_have_the_same_outline(english: markdown.Page, russian: markdown.Page) -> None:
    assert [level for level, _ in russian.headings] == [level for level, _ in english.headings]


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_have_the_same_code(english: markdown.Page, russian: markdown.Page) -> None:
    assert [(block.language, block.text) for block in russian.blocks] == [
        (block.language, block.text) for block in english.blocks
    ]
    assert sorted(code for _, code in russian.code) == sorted(code for _, code in english.code)


@pytest.mark.parametrize(("english", "russian"), PAIRS)
def test_both_have_the_same_links_and_pictures_each_in_its_language(
    english: markdown.Page, russian: markdown.Page
) -> None:
    name = Path(english.name).stem
    assert english.links[0] == f"{name}.ru.md"
    assert russian.links[0] == f"{name}.md"
    translated = [link.replace("-ru.", "-en.").replace(".ru.md", ".md") for link in russian.links]
    assert translated[1:] == english.links[1:]


def test_every_script_is_named() -> None:
    text = (ROOT / "README.md").read_text()
    row = re.search(r"^\| `scripts/` \|.*$", text, re.MULTILINE)
    assert row
    named = set(re.findall(r"`(\w+)`", row[0]))
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if not path.suffix}
    # The others begin with that one; nobody needs to know its name.
    assert scripts - {"setup"} <= named
