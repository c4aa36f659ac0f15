"""Every command and every piece of Python in the documentation is executed; every link leads on.

What the author of a page has to know: a page is a story. Its blocks are executed from top to bottom
in a clone of their own, in the environment of `.venv`, with a Redis, a migrated SQLite database and
FEEDBACK_DELAY_SECONDS=0. What a block is says the word behind its opening fence:

- `python` with a comment like `# orders/tasks.py` as its first line is put at the end of that file,
  in place of what has the same name there, or becomes a new one. If the page has started a
  `runworker`, its reload is awaited.
- `python` without one runs in `manage.py shell`; `print(add(2, 2))  # 4` must print just that.
- `console` is a command a line, without a prompt, run by bash; each must succeed.
  `export NAME=value` holds for the rest of the page. What runs until Ctrl-C is in `UNTIL_CTRL_C`
  (commands.py) and goes on running beside the rest. `# ...` after a command is a comment.
- `text` is output: each of its lines must be written by the commands so far; `…` is anything.
- `ini`, `json` and `toml` must parse. No word at all is a drawing, which may hold no command.

A command in a sentence or a table, between backquotes, that no page's block runs is run as well,
all of them in one clone. What a clone cannot run stands in `ELSEWHERE` (commands.py), with the test
or file that executes it; a whole page that has a test of its own, in `PAGES_ELSEWHERE`.
"""

import configparser
import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from workshift.testing.processes import RedisServer

from tests import ROOT
from tests.repository.docs import commands, markdown
from tests.repository.docs.story import Story
from tests.repository.stack.clone import Clone

PAGES = [markdown.read(name) for name in markdown.pages()]

# Russian pages have the blocks of the English ones: see test_readme.py.
TOLD = [
    page
    for page in PAGES
    if page.name not in commands.PAGES_ELSEWHERE
    and not page.name.endswith(".ru.md")
    and any(block.language in {"python", "console"} for block in page.blocks)
]

BLOCKS = [
    block for page in PAGES if page.name not in commands.PAGES_ELSEWHERE for block in page.blocks
]


@pytest.fixture
def story(tmp_path: Path, redis_server: RedisServer, worker_database: str) -> Iterator[Story]:
    """A clone for the length of a page."""
    # Nothing of what the tests set for themselves.
    environment = {
        name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ
    }
    clone = Clone(tmp_path / "clone", environment)
    story = Story(clone, redis_server.url, Path(worker_database.removeprefix("sqlite:///")))
    yield story
    story.end()
    clone.end()


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: markdown.Page, story: Story) -> None:
    for block in page.blocks:
        story.go_on(block)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_is_of_a_known_kind(block: markdown.Block) -> None:
    match block.language:
        case "ini":
            configparser.ConfigParser().read_string(block.text)
        case "json":
            json.loads(block.text)
        case "toml":
            tomllib.loads(block.text)
        case "":
            assert not any(commands.is_command(line) for line in block.lines), block.place
        case language:
            assert language in {"console", "python", "text"}, block.place


def test_commands_in_sentences_run(story: Story) -> None:
    told = {
        commands.plain(command)
        for page in TOLD
        for block in page.blocks
        if block.language == "console"
        for command in block.lines
    }
    known = told | commands.ELSEWHERE.keys()
    others = {
        commands.plain(code): markdown.Block(page.name, line, "console", code)
        for page in PAGES
        if page.name not in commands.PAGES_ELSEWHERE
        for line, code in page.code
        # `celery beat` is told by a page that runs `celery beat --loglevel info`.
        if commands.is_command(code)
        and not any(f"{one} ".startswith(f"{commands.plain(code)} ") for one in known)
    }
    # First what changes the clone, then what goes on running: the others ask that.
    scripts = sorted(one for one in others if one.startswith("./"))
    rest = sorted(others.keys() - scripts, key=lambda one: (not commands.sign_of_life(one), one))
    for command in [*scripts, *rest]:
        story.go_on(others[command])


@pytest.mark.parametrize(
    "where", [*commands.ELSEWHERE.values(), *commands.PAGES_ELSEWHERE.values()]
)
def test_what_is_executed_elsewhere_is_there(where: tuple[str, str]) -> None:
    name, words = where
    assert words in (ROOT / name).read_text()


def test_what_is_executed_elsewhere_is_in_a_page() -> None:
    spans = {commands.plain(code) for page in PAGES for _, code in page.code}
    lines = {
        commands.plain(line) for page in PAGES for block in page.blocks for line in block.lines
    }

    assert commands.ELSEWHERE.keys() - spans - lines == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_on(page: markdown.Page) -> None:
    relative = [link for link in page.links if "://" not in link]
    assert [link for link in relative if markdown.leads_nowhere(page, link)] == []
