"""The README says the same in both languages, and names the scripts that there are."""

import re

from tests.docs import markdown
from tests.processes import ROOT

ENGLISH = markdown.read("README.md")
RUSSIAN = markdown.read("README.ru.md")


def test_both_have_the_same_outline() -> None:
    assert [level for level, _ in RUSSIAN.headings] == [level for level, _ in ENGLISH.headings]


def test_both_have_the_same_code() -> None:
    assert [(block.language, block.text) for block in RUSSIAN.blocks] == [
        (block.language, block.text) for block in ENGLISH.blocks
    ]
    assert sorted(code for _, code in RUSSIAN.code) == sorted(code for _, code in ENGLISH.code)


def test_both_have_the_same_links_and_pictures_each_in_its_language() -> None:
    translated = [link.replace("-ru.", "-en.") for link in RUSSIAN.links]
    assert translated[0] == "README.md"
    assert ENGLISH.links[0] == "README.ru.md"
    assert translated[1:] == ENGLISH.links[1:]


def test_every_script_is_named() -> None:
    text = (ROOT / "README.md").read_text()
    row = re.search(r"^\| `scripts/` \|.*$", text, re.MULTILINE)
    assert row
    named = set(re.findall(r"`(\w+)`", row[0]))
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if not path.suffix}
    # The others begin with that one; nobody needs to know its name.
    assert scripts - {"setup"} <= named
