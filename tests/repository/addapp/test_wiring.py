"""The lines that a new app needs, in files as they are and as users may have changed them."""

import pytest
from workshift.addapp.errors import CannotAddError
from workshift.addapp.wiring import with_address, with_checks, with_installed_app

SETTINGS = """\
A = []

INSTALLED_APPS = [
    "one",
    # The second.
    "two",  # Really.
    # "three",
]

if A:
    INSTALLED_APPS.append("debug")
"""

URLS = """\
from django.urls import include, path

urlpatterns = [
    path("admin/", site.urls),
    # Everything else.
    # At the end.
    path("", include("pages.urls")),
    path("late/", late),
]
"""

PYPROJECT = """\
[tool.pytest.ini_options]
pythonpath = ["."]
testpaths = ["tests", "one"]
filterwarnings = [
    "error::DeprecationWarning:one",
]

[tool.mypy]
strict = true
files = ["one"]

[tool.other]
files = ["one"]
"""


def test_an_app_comes_last() -> None:
    changed = with_installed_app(SETTINGS, "settings.py", "orders")

    assert changed == SETTINGS.replace('    # "three",\n', '    # "three",\n    "orders",\n')


def test_an_address_comes_before_one_without_a_prefix() -> None:
    changed = with_address(URLS, "urls.py", "orders")

    line = '    path("orders/", include("orders.urls")),\n'
    assert changed == URLS.replace("    # Everything", line + "    # Everything")


@pytest.mark.parametrize(
    "catch_all",
    ['path("<slug:page>/", show)', 're_path(r"^(?P<page>.*)$", show)', 're_path("", show)'],
)
def test_an_address_comes_before_what_answers_all(catch_all: str) -> None:
    changed = with_address(URLS.replace('path("late/", late)', catch_all), "urls.py", "orders")
    before_late = with_address(
        URLS.replace('path("", include("pages.urls"))', 're_path("^orders_of/", show)').replace(
            'path("late/", late)', catch_all
        ),
        "urls.py",
        "orders",
    )

    for text in (changed, before_late):
        assert text.index("orders.urls") < text.index(catch_all)
    assert before_late.index("orders_of") < before_late.index("orders.urls")


def test_urls_that_do_not_import_what_the_address_needs_are_left_alone() -> None:
    urls = URLS.replace("import include, path", "import path")

    with pytest.raises(CannotAddError, match=r"include from django\.urls, which shop/urls\.py"):
        with_address(urls, "shop/urls.py", "orders")


def test_an_address_comes_last_where_all_have_a_prefix() -> None:
    urls = URLS.replace('path("",', 'path("pages/",')

    changed = with_address(urls, "urls.py", "orders")

    assert changed == urls.replace("]\n", '    path("orders/", include("orders.urls")),\n]\n')


def test_pytest_and_mypy_look_at_the_app() -> None:
    changed = with_checks(PYPROJECT, "pyproject.toml", "orders")

    assert changed == (
        PYPROJECT.replace('"tests", "one"]', '"tests", "one", "orders"]')
        .replace(':one",', ':one",\n    "error::DeprecationWarning:orders",')
        .replace('true\nfiles = ["one"]', 'true\nfiles = ["one", "orders"]')
    )


def test_a_list_that_pyproject_does_not_have_is_not_missed() -> None:
    assert with_checks("[project]\n", "pyproject.toml", "orders") == "[project]\n"


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "INSTALLED_APPS = (\n    'one',\n)\n",
        "INSTALLED_APPS = ['one']\n",
        "INSTALLED_APPS = [\n    'one'\n]\n",
        "INSTALLED_APPS = [\n    'one',\n] + MORE\n",
        "INSTALLED_APPS = [\n    'one', ]\n",
        "INSTALLED_APPS = [\n",
    ],
)
def test_other_settings_are_left_alone(settings: str) -> None:
    with pytest.raises(CannotAddError) as error:
        with_installed_app(settings, "shop/settings.py", "orders")

    assert "shop/settings.py has no list `INSTALLED_APPS" in str(error.value)
    assert '`"orders",`' in str(error.value)


@pytest.mark.parametrize("urls", ["", "urlpatterns = i18n_patterns(\n    path('', one),\n)\n"])
def test_other_addresses_are_left_alone(urls: str) -> None:
    urls = f"from django.urls import include, path\n{urls}"

    with pytest.raises(CannotAddError) as error:
        with_address(urls, "shop/urls.py", "orders")

    assert '`path("orders/", include("orders.urls")),`' in str(error.value)


@pytest.mark.parametrize(
    "pyproject",
    [
        '[tool]\nmypy = {files = ["one"]}\n',
        '[tool.mypy]\nfiles = [\n    "one",  # Not "[two]".\n]\n',
        "[tool.mypy]\nfiles = ['one']\n",
    ],
)
def test_another_pyproject_is_left_alone(pyproject: str) -> None:
    with pytest.raises(CannotAddError, match=r"has no list `files` in \[tool.mypy\]"):
        with_checks(pyproject, "pyproject.toml", "orders")
