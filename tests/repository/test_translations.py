"""Every text of every app of the project is there in Russian, in the catalog that is committed."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.utils.translation.template import templatize

from tests import ROOT

APPS = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == ROOT]
APPS += [ROOT / "django_celery" / name for name in ("durable", "mailbox")]

# What marks a text in Python, and how many texts it takes.
MARKS = {"_": 1, "gettext": 1, "ngettext": 2}

# What Django's own reader of templates makes of `translate` and `blocktranslate`: Python strings,
# the second one a plural.
TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATES = re.compile(rf" n?gettext\({TEXT}(?:, {TEXT}, ?count)?\) ")


def marked_texts(app: Path) -> set[tuple[str, ...]]:
    """Return the texts of an app; one with a number in it together with its plural."""
    marked: set[tuple[str, ...]] = set()
    for path in app.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = node.args[: MARKS.get(node.func.id, 0)]
                marked.add(tuple(ast.literal_eval(text) for text in texts))
    for path in app.glob("templates/**/*.html"):
        for texts in IN_TEMPLATES.findall(templatize(path.read_text())):
            marked.add(tuple(ast.literal_eval(text) for text in texts if text))
    return marked - {()}


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_compiled_russian_catalog_has_every_text(app: Path) -> None:
    texts = marked_texts(app)
    if not texts:
        return

    with (app / "locale/ru/LC_MESSAGES/django.mo").open("rb") as file:
        russian = gettext.GNUTranslations(file)

    def translate(text: str, *plural: str) -> str:
        return russian.ngettext(text, plural[0], 1) if plural else russian.gettext(text)

    assert [text for text in texts if translate(*text) in text] == [], (
        f"Translate these in {app.name}/locale/ru/LC_MESSAGES/django.po, then run "
        "`python manage.py compilemessages` in the folder of the app and commit both files."
    )


def test_finds_the_texts(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text('_("One")\nx = gettext("Two")\nngettext("a", "b", 1)\n')
    (tmp_path / "templates" / "app").mkdir(parents=True)
    (tmp_path / "templates" / "app" / "page.html").write_text(
        "{% translate 'Three' %} Four {% blocktranslate %}It's <b>{{ x }}</b>{% endblocktranslate %}"
        "{% blocktranslate count n=n trimmed %}\n  {{ n }} cat\n  {% plural %}\n  {{ n }} cats\n"
        "{% endblocktranslate %}"
    )

    assert marked_texts(tmp_path) == {
        *(("One",), ("Two",), ("a", "b"), ("Three",), ("It's <b>%(x)s</b>",)),
        ("%(n)s cat", "%(n)s cats"),
    }
