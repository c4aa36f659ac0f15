"""Which names a project may have, and what is said of the others."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest
from django.apps import apps
from workshift.reload.filters import IGNORED_FOLDERS

from starting.answers import check_name, nearest
from starting.errors import StartingError
from tests import ROOT


@pytest.mark.parametrize("name", ["shop", "my_shop", "a", "shop2", "a_name_of_many_words"])
def test_a_good_name(name: str) -> None:
    check_name(name, ROOT)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "cannot be the name of a Python package here"),
        ("my-shop", "try my_shop."),
        ("MyShop", "try my_shop."),
        ("2nd shop", "try nd_shop."),
        ("_shop_", "try shop."),
        ("my__shop", "try my_shop."),
        ("../shop", "try shop."),
        ("магазин", "lowercase Latin letters, digits and single underscores"),
        ("класс", "as in my_shop."),
        ("ﬁsh", "lowercase Latin letters"),
        ("schön", "lowercase Latin letters"),
        ("shop\n", "try shop."),
        ("class", "Python has a keyword of this name; try my_class."),
        ("match", "Python has a keyword of this name"),
        ("json", "Python's standard library has a module of this name"),
        ("test", "Python's standard library has a module of this name"),
        ("django_celery", "the project has a folder or a module of this name"),
        ("django", "a package that the project uses has this name"),
        ("celery", "a package that the project uses has this name"),
        ("redis", "a package that the project uses has this name"),
        ("pytest_django", "a package that the project uses has this name"),
        ("environ", "a package that the project uses has this name"),
        ("admin", "an app of the project has this name"),
        ("durable", "an app of the project has this name"),
        ("static", "git ignores the folder of this name; try my_static."),
        ("orders", "the documentation adds an app of this name; try my_orders."),
        *[
            (folder, "the project has a folder or a module of this name")
            for folder in ("conftest", "docs", "feedback", "manage", "scripts", "tests")
        ],
    ],
)
def test_a_bad_name_is_refused_in_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(StartingError, match=re.escape(sentence)) as refusal:
        check_name(name, ROOT)

    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_nothing_that_can_be_imported_is_a_good_name() -> None:
    taken = {name for name in packages_distributions() if nearest(name) == name}
    taken |= {name for name in sys.stdlib_module_names if not name.startswith("_")}
    taken |= {app.label for app in apps.get_app_configs()}
    assert "yaml" in taken

    assert [name for name in sorted(taken) if not refused(name)] == []


def test_no_good_name_is_ignored_by_git() -> None:
    ignored = re.findall(r"^/?(\w+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    assert "media" in ignored

    assert [name for name in ignored if not refused(name)] == []


def test_every_good_name_is_watched() -> None:
    assert "venv" in IGNORED_FOLDERS

    assert [name for name in sorted(IGNORED_FOLDERS) if not refused(name)] == []


def test_every_app_that_the_documentation_adds_is_refused() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("starting/*.md")]
    added = {
        name
        for page in pages
        for name in re.findall(r"scripts/app (\w+)`?$", page.read_text(), re.M)
    }
    assert "orders" in added

    assert [name for name in sorted(added) if not refused(name)] == []


def refused(name: str) -> bool:
    """Whether a project cannot have this name."""
    try:
        check_name(name, ROOT)
    except StartingError:
        return True
    return False
