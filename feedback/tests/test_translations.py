import gettext
import re
from pathlib import Path

APP = Path(__file__).parent.parent
CATALOG = APP / "locale/ru/LC_MESSAGES/django.mo"

# The strings marked for translation, as they stand in Python ( _("…") ) and in the templates.
IN_PYTHON = re.compile(r'\b(?:_|gettext)\(\s*((?:"[^"]*"\s*)+)\)')
IN_TEMPLATES = re.compile(r"""\{% translate (["'])(.*?)\1 %\}""")


def marked_strings() -> set[str]:
    marked = set()
    for path in APP.glob("*.py"):
        for literals in IN_PYTHON.findall(path.read_text()):
            marked.add("".join(re.findall(r'"([^"]*)"', literals)))
    for path in APP.glob("templates/**/*.html"):
        marked.update(text for _, text in IN_TEMPLATES.findall(path.read_text()))
    return marked


def test_the_compiled_russian_catalog_has_every_text() -> None:
    with CATALOG.open("rb") as file:
        russian = gettext.GNUTranslations(file)

    texts = marked_strings()
    assert "Your Feedback" in texts
    assert [text for text in texts if russian.gettext(text) == text] == [], (
        "Translate these in feedback/locale/ru/LC_MESSAGES/django.po, then run "
        "`cd feedback && python ../manage.py compilemessages` and commit both files."
    )
