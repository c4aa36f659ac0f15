"""A product uses only what the library's README promises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests import ROOT

PAGE = (ROOT / "packages/workshift/README.md").read_text()

PUBLIC = {
    name.replace(":", ".").partition("+")[0]
    for name in re.findall(r"workshift(?:\.\w+)*(?:[.:]\w+)?(?:\+)?", PAGE)
}

# What a product has of this repository, the library aside.
PRODUCT = [
    *ROOT.glob("*.py"),
    *(
        path
        for folder in ("django_celery", "feedback", "app_template", "tests")
        for pattern in ("*.py", "*.py-tpl")
        for path in (ROOT / folder).rglob(pattern)
        if not path.is_relative_to(ROOT / "tests/repository")
    ),
]


def used(path: Path) -> Iterator[str]:
    """Yield the names of the library that a module imports, or has in a string."""
    text = re.sub(r"\{[{%].*?[}%]\}", "x", path.read_text())
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workshift"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("workshift"))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for found in re.findall(r"^workshift(?:\.\w+)+(?::\w+)?", node.value):
                yield found.replace(":", ".")


def test_no_private_name_of_the_library_is_used() -> None:
    private = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in PRODUCT
        for name in used(path)
        if name not in PUBLIC and not name.startswith("workshift.testing.")
    }
    assert private == set()


def test_it_finds_them() -> None:
    names = {name for path in PRODUCT for name in used(path)}
    assert {"workshift.env.Environment", "workshift.celery.consumer.PatientConsumer"} <= names
