"""Checks the names of a new app and its model."""

import builtins
import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps

from .errors import CannotAddError

# Characters: a longer name would make the line in urls.py too long.
LONGEST = 30

# The folders of the project that git ignores.
IGNORED = {"media", "node_modules", "static"}

# Python does not list its own tests, which not every installation has.
STANDARD = sys.stdlib_module_names | {"test"}

# To get the singular, the first pattern that matches the app's name is replaced.
_PLURALS = (
    (r"([^aeiou])ies$", r"\1y"),  # categories, but not movies, which need --model.
    (r"(ss|sh|ch|x|z)es$", r"\1"),  # addresses, boxes
    (r"(ss|us|is)$", r"\1"),  # access, status, analysis
    (r"(.)s$", r"\1"),
)

# Names that the template's files use for something else.
IN_USE = {"DurableQuerySet", "DurableTask", "HttpRequest", "HttpResponse", "Meta"}


def check_app_name(name: str, root: Path) -> None:
    """Raise CannotAddError if an app in the folder `root` cannot be called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST:
        problem = (
            f"{name!r} cannot be the name of an app: use at most {LONGEST} lowercase Latin "
            "letters, digits and single underscores, and begin with a letter, as in `orders`"
        )
    elif keyword.iskeyword(name):
        problem = f"`{name}` is a Python keyword and cannot be the name of an app"
    elif name in STANDARD:
        problem = f"`{name}` is a module of Python's standard library, which the app would hide"
    elif name in IGNORED:
        problem = f"git ignores the folder `{name}`, so an app cannot be there"
    elif (root / name).exists():
        problem = f"{root / name} already exists"
    elif find_spec(name):
        problem = f"`{name}` is the name of an installed module, which the app would hide"
    elif name in apps.app_configs:
        problem = f"the app {apps.app_configs[name].name} is already called `{name}`"
    else:
        return
    raise CannotAddError(f"No app was added: {problem}.")


def model_name(app: str) -> str:
    """Return the name of the app's model: `OrderLine` for `order_lines`."""
    return "".join(word.capitalize() for word in _singular(app).split("_"))


def _singular(plural: str) -> str:
    """Return the singular of a regular English plural; irregular ones need --model."""
    for ending, replacement in _PLURALS:
        singular, found = re.subn(ending, replacement, plural)
        if found:
            return singular
    return plural


def check_model_name(name: str) -> None:
    """Raise CannotAddError if the model of a new app cannot be called `name`."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) or len(name) > LONGEST:
        problem = (
            f"{name!r} cannot be the name of a model: use at most {LONGEST} letters and digits, "
            "and begin with a capital letter, as in `Order`"
        )
    elif keyword.iskeyword(name) or hasattr(builtins, name):
        problem = f"`{name}` already has a meaning in Python and cannot be the name of a model"
    elif name in IN_USE:
        problem = f"something else in the app's files is called `{name}`"
    else:
        return
    raise CannotAddError(f"No app was added: {problem}. Choose the model's name with --model.")
