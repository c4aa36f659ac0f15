"""Make a project out of this repository, in a folder of its own."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from starting.answers import Answers
from starting.git import tracked_files
from starting.renaming import DISTRIBUTION, PACKAGE, rename

# What is about this repository, and not about a product that started from it.
LEFT_OUT = (
    *(".ci", "LICENSE", "README.md", "README.ru.md", "benchmarks", "copier.yml", "recording"),
    *("scripts/bench", "scripts/record", "scripts/rename", "scripts/start", "starting"),
    *("packages/workshift/manage.py", "packages/workshift/tests", "tests/repository"),
    *("CHANGELOG.md", "docs/from-the-tutorial.md", "docs/from-the-tutorial.ru.md"),
    *("docs/scaling.md", "docs/security.md"),
)

# What only a product has, and where.
ADDED = {
    "product-ci.yml": ".github/workflows/ci.yml",
    "product-readme.md": "README.md",
    "product-update": "scripts/update",
}

DEMO = ("feedback", "tests/browser", "tests/mail_server.py")

# What stands at `/` without the demo, and its test.
FRONT_PAGE = {
    "front_page/front.html": f"{PACKAGE}/templates/front.html",
    "front_page/test_front.py-tpl": "tests/test_front.py",
}

# Files with lines that name the demo, and perhaps a section about it at their end.
MENTION_DEMO = (
    *(".env.example", "README.md", "docs/decisions.md", "pyproject.toml", "scripts/lint"),
    *(f"{PACKAGE}/settings.py", "tests/environment.py"),
)


def make(repository: Path, folder: Path, answers: Answers) -> None:
    """Make the project of these answers in `folder`, which is empty."""
    left_out = LEFT_OUT if answers.demo else LEFT_OUT + DEMO
    files = (
        file for file in tracked_files(repository) if not any(map(file.is_relative_to, left_out))
    )
    copy(repository, folder, files)
    for source, place in (ADDED if answers.demo else ADDED | FRONT_PAGE).items():
        shutil.copy(repository / "starting" / source, folder / place)
    if not answers.demo:
        _forget_demo(folder)
    if answers.languages == "en":
        _edit(folder / PACKAGE / "settings.py", r', \("ru", "\w+"\)', "")
        for catalog in folder.glob("*/locale"):
            shutil.rmtree(catalog)
    title = answers.name.replace("_", " ").capitalize()
    for name in ("pyproject.toml", "uv.lock"):
        _edit(folder / name, rf'(?<=name = "{DISTRIBUTION}"\nversion = ")[^"]*', "0.1.0")
    # Only the library's own tests need the other one.
    _edit(folder / "pyproject.toml", r"workshift\[dev,test\]", "workshift[dev]")
    _edit(folder / "uv.lock", r' (extras?) = \["dev", "test"\]', r' \1 = ["dev"]')
    _edit(folder / "pyproject.toml", r"^description = .*", f'description = "{title}"')
    _edit(folder / "pyproject.toml", r'^license = .*\n|^"(benchmarks|recording|starting)/.*\n', "")
    _edit(folder / "pyproject.toml", r'"(benchmarks|recording|starting)", ', "")
    _edit(folder / "README.md", r"\A# .*", f"# {title}")
    _edit(folder / "docs/README.md", r"^.*(from-the-tutorial|scaling|security)\b.*\n", "")
    for name in (".env.example", "README.md"):
        _edit(folder / name, r"\b8000\b", str(answers.port))
    # The name last: until then, every file is where it is in the repository.
    rename(folder, files_of(folder), answers.name)


def copy(source: Path, target: Path, files: Iterable[Path]) -> None:
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


def _forget_demo(folder: Path) -> None:
    for name in MENTION_DEMO:
        _edit(folder / name, r"\n+# The demo app\n(?s:.*)", "\n")
        _edit(folder / name, r', "feedback"', "")
        _edit(folder / name, r"(?i)^.*feedback.*\n", "")
    _edit(folder / "docs/decisions.md", r"^## The public form\n(?s:.*?)(?=^## )", "")
    view = 'TemplateView.as_view(template_name="front.html")'
    _edit(folder / PACKAGE / "urls.py", r'include\("feedback\.urls"\)', view)
    generic = "\nfrom django.views.generic import TemplateView\n\n"
    _edit(folder / PACKAGE / "urls.py", r"\n\n(?=from django_celery)", generic)


def _edit(path: Path, pattern: str, replacement: str) -> None:
    """Replace a regular expression in a file; `^` and `$` stand for a line."""
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(pattern, replacement, text, flags=re.MULTILINE), encoding="utf-8")
