"""What a Markdown page holds that can be checked: code, commands, links, headings."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests import ROOT

_PARSER = MarkdownIt("commonmark").enable("table")

# The README of the projects that are started: its links lead on in those.
PRODUCT_README = ":!starting/product-readme.md"

# <picture>, which Markdown has no words for.
_HTML_LINK = re.compile(r'(?:href|src|srcset)="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block; `language` is what stands behind the opening fence."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Where to look when it is wrong."""
        return f"{self.page}, line {self.line}"

    @property
    def lines(self) -> list[str]:
        """Its lines without comments of the shell, and without those that are empty."""
        lines = (re.sub(r"(^|\s+)# .*", "", line).strip() for line in self.text.splitlines())
        return [line for line in lines if line]

    @property
    def file(self) -> str | None:
        """The path in its first line, if that is a comment that holds nothing else."""
        match = re.match(r"# ([\w./-]+\.py)\n", self.text)
        return match[1] if match else None


@dataclass
class Page:
    """A Markdown file of the repository."""

    name: str
    blocks: list[Block] = field(default_factory=list)
    code: list[tuple[int, str]] = field(default_factory=list)  # the line, and the code in a text
    links: list[str] = field(default_factory=list)  # pictures, too
    headings: list[tuple[int, str]] = field(default_factory=list)  # the level, and the words

    @property
    def anchors(self) -> set[str]:
        """The names that a link can give behind `#`, as GitHub makes them of the headings."""
        found: set[str] = set()
        for _, words in self.headings:
            anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            same = sum(1 for name in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", name))
            found.add(f"{anchor}-{same}" if same else anchor)
        return found


def read(name: str) -> Page:
    """Read a page; `name` is its path in the repository."""
    page = Page(name)
    line = 0
    level = 0
    text = (ROOT / name).read_text()
    # The library's pages are about anybody's project, and are executed in this one.
    if name.startswith("packages/"):
        text = text.replace("mysite", "django_celery")
    for token in _flat(_PARSER.parse(text)):
        if token.map:
            line = token.map[0] + 1
        match token.type:
            case "fence":
                page.blocks.append(Block(name, line, token.info.strip(), token.content))
            case "code_inline":
                page.code.append((line, token.content))
            case "link_open" | "image":
                page.links.append(str(token.attrs.get("href") or token.attrs.get("src")))
            case "html_block" | "html_inline":
                page.links += _HTML_LINK.findall(token.content)
            case "heading_open":
                level = int(token.tag[1])
            case "inline" if level:
                page.headings.append((level, _words(token)))
                level = 0
    return page


def pages() -> list[str]:
    """Return the paths of all pages of the repository, also of those not committed yet."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md", PRODUCT_README],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(name for name in found.stdout.splitlines() if (ROOT / name).exists())


def leads_nowhere(page: Page, link: str) -> bool:
    """Tell whether a relative link names a file or a heading that does not exist."""
    path, _, anchor = link.partition("#")
    target = (ROOT / page.name).parent / path if path else ROOT / page.name
    if not target.exists():
        return True
    name = str(Path(target).resolve().relative_to(ROOT))
    return bool(anchor) and anchor not in read(name).anchors


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _words(heading: Token) -> str:
    return "".join(
        child.content for child in heading.children or [] if child.type in {"text", "code_inline"}
    )
