"""Take the demo out of a copy of this repository, for a project that begins without it.

What is about the demo alone is deleted. Elsewhere the places that mention it are replaced: each of
them must be found, so that an edit here that forgets one there cannot pass unnoticed.
"""

import re
import shutil
from pathlib import Path

from starting.errors import StartingError

DEMO = (
    "docs/from-the-tutorial.md",
    "docs/from-the-tutorial.ru.md",
    "feedback",
    "tests/browser",
    "tests/repository/chaos",
    "tests/doctor/test_database.py",
    "tests/repository/fuzz",
    "tests/mail_server.py",
    "tests/repository/stack/test_form.py",
)

# What stands at `/` instead, and its test.
FRONT_PAGE = Path(__file__).parent / "front_page"

# File, what to find in it exactly once (a regular expression), what to write there.
EDITS = (
    (
        ".env.example",
        r"\n# How many seconds the demo's task [^\n]*\nFEEDBACK_DELAY_SECONDS=5\n",
        "",
    ),
    (".env.example", r"\n# How many messages an hour [^\n]*\n(# FEEDBACK_PER_\w+=\d+\n)+", ""),
    ("scripts/lint", r" FEEDBACK_DELAY_SECONDS=''", ""),
    ("pyproject.toml", r'(\ntestpaths = \[)\n    "feedback",', r"\1"),
    ("pyproject.toml", r'\n    "error::DeprecationWarning:feedback",', ""),
    ("pyproject.toml", r'(\nfiles = \[[^\]]*), "feedback"', r"\1"),
    ("django_celery/settings.py", r'\n    "feedback",', ""),
    ("django_celery/settings.py", r"\n    # Counts the messages of the form\.(?s:.*?)\n    },", ""),
    (
        "django_celery/settings.py",
        r"\n\n\n# The demo app\n(\n(# [^\n]*\n)*FEEDBACK_[^\n]*\n)+",
        "\n",
    ),
    (
        "django_celery/urls.py",
        r"from django\.views import defaults\n",
        "from django.views import defaults\nfrom django.views.generic import TemplateView\n",
    ),
    (
        "django_celery/urls.py",
        r'path\("", include\("feedback\.urls"\)\)',
        'path("", TemplateView.as_view(template_name="front.html"))',
    ),
    ("tests/environment.py", r"\n    FEEDBACK_(?s:.*?)\n\)", "\n)"),
    (
        "tests/repository/stack/clone.py",
        r"    def visit\(self, message: str\)(?s:.*?)\n\n(?=    def )",
        "",
    ),
    (
        "tests/repository/stack/conftest.py",
        r"    # The demo's task pretends(?s:.*?)(?=    yield clone\n)",
        "",
    ),
    (
        "tests/repository/stack/conftest.py",
        r"nothing runs; its tasks take no time\.",
        "nothing runs.",
    ),
    ("docs/README.md", r"- \[From the Celery tutorial [^\n]*\n", ""),
    ("docs/decisions.md", r"\| not used: `django-ratelimit` [^\n]*\n", ""),
    ("docs/decisions.md", r"a real mail server that can refuse, for the browser tests; ", ""),
    ("docs/decisions.md", r"## The public form\n(?s:.*?)(?=## Odd requests\n)", ""),
    ("docs/decisions.md", r"10,000 odd requests to a real server \([^)]*\)", "10,000 odd requests"),
)


class DemoError(StartingError):
    """The repository is not what this module expects; nothing was changed."""


def take_out(folder: Path) -> None:
    """Take the demo out of the copy in `folder`, and put a front page in its place.

    The copy must not be renamed yet. Raises DemoError, before anything is changed, if something
    that is to be taken out is not there.
    """
    for name in DEMO:
        if not (folder / name).exists():
            raise DemoError(f"{folder / name}, which is about the demo, is not there.")
    texts: dict[Path, str] = {}
    for name, pattern, replacement in EDITS:
        path = folder / name
        text, count = re.subn(pattern, replacement, texts.get(path) or path.read_text())
        if count != 1:
            raise DemoError(f"{path} has {count} places that match {pattern!r}, and not one.")
        texts[path] = text

    for path, text in texts.items():
        path.write_text(text)
    for name in DEMO:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for source in FRONT_PAGE.rglob("*"):
        if source.is_file():
            # Its code is no code of this repository: it would not find what it imports.
            target = folder / source.relative_to(FRONT_PAGE)
            target.write_bytes(source.read_bytes())
            if target.suffix == ".py-tpl":
                target.rename(target.with_suffix(".py"))
