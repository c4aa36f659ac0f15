"""Make a project out of this repository, in a folder of its own.

The steps run on a copy of what git tracks here. The name comes last: until then, every file is
where it is in the repository.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from starting.answers import RUSSIAN, Answers
from starting.errors import StartingError
from starting.git import tracked_files
from starting.lock import without_dependency, without_group
from starting.names import OURS, Names
from starting.renaming import Renaming, apply
from starting.tidy import tidy
from starting.without_demo import take_out

# What is about this repository, and not about a product that started from it.
LEFT_OUT = (
    "LICENSE",
    "README*.md",
    "benchmarks",
    "copier.yml",
    "docs/adopting.md",
    "docs/measurements.*",
    "docs/questions.md",
    "docs/recording-*.svg",
    "docs/screenshots",
    "docs/starting-a-project.md",
    "recording",
    "scripts/bench",
    "scripts/record",
    "scripts/rename",
    "scripts/start",
    "starting",
    "tests/repository/docs",
    "tests/reload/test_adopting.py",
    "tests/repository/starting",
)

# What only a product has, and where.
ADDED = {
    "starting/product-readme.md": "README.md",
    "starting/product-update": "scripts/update",
}

# What only tests import that are left out, and those that are left out with the demo.
_UNUSED = ("markdown-it-py",)
_UNUSED_WITHOUT_DEMO = ("aiosmtpd",)

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")

# An entry of a list that begins with a link, and its further lines.
_BULLET = re.compile(r"^- \[[^\]]*\]\(([^)#\s]+)[^)]*\).*\n(?:  .*\n)*", re.MULTILINE)

# What a line of a table says of a folder.
_ROW = re.compile(r"^\| `([\w./-]+/)` \|.*\n", re.MULTILINE)


def make(repository: Path, folder: Path, answers: Answers) -> None:
    """Make the project of these answers in `folder`, which is empty.

    Raises StartingError if it cannot be made; what is in `folder` is of no use then.
    """
    answers.check(repository)
    copy(repository, folder, tracked_files(repository))
    if not answers.demo:
        take_out(folder)
    _leave_out(folder)
    for source, place in ADDED.items():
        shutil.copy(repository / source, folder / place)
    _only_the_product(folder)
    for package in _UNUSED if answers.demo else _UNUSED + _UNUSED_WITHOUT_DEMO:
        _without_package(folder, package)
    if answers.languages == "en":
        _only_english(folder)
    _port(folder, answers.port)
    _no_dead_links(folder)
    renaming = Renaming(OURS, Names.of(answers.name))
    apply(folder, renaming.changes(folder, files_of(folder)))
    tidy(folder, files_of(folder))


def copy(source: Path, target: Path, files: list[Path]) -> None:
    """Copy these files of `source` into `target`, over what is there."""
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        if (target / file).is_symlink():
            # What it leads to may be in no repository.
            (target / file).unlink()
        shutil.copy(source / file, target / file)


def files_of(folder: Path) -> list[Path]:
    """Return the files in `folder`, relative to it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def edit(path: Path, changes: Mapping[str, str]) -> None:
    """Replace regular expressions in a file; `^` and `$` stand for a line.

    Raises StartingError if one is not found: the file has changed, and this has to follow.
    """
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in changes.items():
        text, found = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not found:
            raise StartingError(f"{path.name} has nothing that is like {pattern!r}.")
    path.write_text(text, encoding="utf-8")


def _leave_out(folder: Path) -> None:
    for pattern in LEFT_OUT:
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _only_the_product(folder: Path) -> None:
    """Take out of pyproject.toml and uv.lock what is about what has been left out."""
    lock = folder / "uv.lock"
    lock.write_text(without_group(lock.read_text(encoding="utf-8"), "bench"), encoding="utf-8")
    its_own = rf'(?<=name = "{OURS.distribution}"\nversion = ")[^"]*'
    edit(lock, {its_own: "0.1.0"})
    edit(
        folder / "pyproject.toml",
        {
            its_own: "0.1.0",
            r"^description = .*$": f'description = "{OURS.title}"',
            r"^license = .*\n": "",
            r"^(#.*\n)*bench = \[\n(    .*\n)*\]\n": "",
            r'^"(benchmarks|recording|starting)/\*" = .*\n': "",
            r'"(benchmarks|recording|starting)", ': "",
        },
    )


def _without_package(folder: Path, name: str) -> None:
    lock = folder / "uv.lock"
    lock.write_text(without_dependency(lock.read_text(encoding="utf-8"), name), encoding="utf-8")
    edit(folder / "pyproject.toml", {rf'^    "{name}\b.*\n': ""})
    # The row that says why it is there, or its name in a row about several.
    edit(folder / "docs" / "decisions.md", {rf"^\| `{name}` .*\n|(?<=^\| )`{name}`, ": ""})


def _only_english(folder: Path) -> None:
    edit(folder / OURS.package / "settings.py", {rf', \("{RUSSIAN}", "\w+"\)': ""})
    for catalog in folder.glob(f"**/locale/{RUSSIAN}"):
        shutil.rmtree(catalog)
    (folder / "tests/test_translations.py").unlink()


def _port(folder: Path, port: int) -> None:
    for file in files_of(folder):
        if file.parts[0] != "tests" and file.suffix in {".example", ".json", ".md", ".py", ".yml"}:
            path = folder / file
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"\b8000\b", str(port), text), encoding="utf-8")


def _no_dead_links(folder: Path) -> None:
    for file in folder.glob("**/*.md"):
        # Other pages may speak of folders that are still to come.
        text = _without_dead_links(file, rows=file == folder / "README.md")
        file.write_text(text, encoding="utf-8")


def _without_dead_links(file: Path, *, rows: bool) -> str:
    """Return the text of a page with no link to what is not there, and no picture of it.

    An entry of a list that begins with such a link is left out, and so is, with `rows`, the row of
    a table about such a folder. Elsewhere the words of the link stay.
    """

    def there(target: str) -> bool:
        return not target or "://" in target or (file.parent / target).exists()

    def keep(entry: re.Match[str]) -> str:
        return entry[0] if there(entry[1]) else ""

    def mend(link: re.Match[str]) -> str:
        picture, words, target, _ = link.groups()
        if there(target):
            return link[0]
        return "" if picture else words

    text = _BULLET.sub(keep, file.read_text(encoding="utf-8"))
    if rows:
        text = _ROW.sub(keep, text)
    return _LINK.sub(mend, text)
