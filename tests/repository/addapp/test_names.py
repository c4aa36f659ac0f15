"""What an app may be called: the sentence for each name that it may not have."""

import ast
import re
from pathlib import Path

import pytest
from workshift.addapp.errors import CannotAddError
from workshift.addapp.names import (
    IN_USE,
    LONGEST,
    check_app_name,
    check_model_name,
    model_name,
)

from tests import ROOT


@pytest.mark.parametrize("name", ["otters", "x", "status", "order_lines", "a1", "n" * LONGEST])
def test_a_good_name(name: str) -> None:
    check_app_name(name, ROOT)
    check_model_name(model_name(name))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "cannot be the name of an app"),
        ("Orders", "cannot be the name of an app"),
        ("order-lines", "cannot be the name of an app"),
        ("../orders", "cannot be the name of an app"),
        ("1st", "cannot be the name of an app"),
        ("_orders", "cannot be the name of an app"),
        ("a__b", "cannot be the name of an app"),
        ("заказы", "lowercase Latin letters"),
        ("orders\n", "cannot be the name of an app"),
        ("n" * (LONGEST + 1), "cannot be the name of an app"),
        ("class", "Python keyword"),
        ("random", "standard library"),
        ("test", "standard library"),
        ("celery", "installed module"),
        ("redis", "installed module"),
        ("conftest", "installed module"),
        ("static", "git ignores"),
        ("node_modules", "git ignores"),
        ("docs", "already exists"),
        ("tests", "already exists"),
        ("auth", "the app django.contrib.auth is already called `auth`"),
        ("durable", "the app workshift.durable is already called `durable`"),
    ],
)
def test_a_name_that_no_app_can_have(name: str, problem: str) -> None:
    with pytest.raises(CannotAddError) as error:
        check_app_name(name, ROOT)

    assert problem in str(error.value)
    assert re.fullmatch(r"No app was added: [^\n]+\.", str(error.value))


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()

    with pytest.raises(CannotAddError, match="already exists"):
        check_app_name("orders", tmp_path)


@pytest.mark.parametrize(
    ("app", "model"),
    [
        ("orders", "Order"),
        ("order_lines", "OrderLine"),
        ("mail", "Mail"),
        ("status", "Status"),
        ("address", "Address"),
        ("analysis", "Analysis"),
        ("categories", "Category"),
        ("addresses", "Address"),
        ("order_boxes", "OrderBox"),
        ("releases", "Release"),
        ("s", "S"),
    ],
)
def test_the_model_is_named_after_the_app(app: str, model: str) -> None:
    assert model_name(app) == model


@pytest.mark.parametrize(
    "name", ["order", "Order line", "O" * (LONGEST + 1), "None", "Exception", *sorted(IN_USE)]
)
def test_a_name_that_no_model_can_have(name: str) -> None:
    with pytest.raises(CannotAddError, match="--model"):
        check_model_name(name)


def test_no_file_of_the_template_calls_something_else_like_the_model() -> None:
    used = {"Meta"}
    for path in (ROOT / "app_template").rglob("*.py-tpl"):
        code = re.sub(r"{{.*?}}", "Placeholder", path.read_text())
        if "model_name" in path.read_text():
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom):
                    used |= {name.name for name in node.names if name.name[0].isupper()}

    assert {name for name in used if not name.startswith("Placeholder")} - IN_USE == {"Client"}
