"""What a new app and its model may be called."""

import builtins
import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps

from .errors import CannotAddError

# Characters: with more, the line in urls.py would be longer than the project's lines are.
LONGEST = 30

# The folders of the project that git ignores.
IGNORED = {"media", "node_modules", "static"}

# Python does not count its own tests, which not every installation has.
STANDARD = sys.stdlib_module_names | {"test"}

# The first of these regular expressions that an app's name has is replaced to get the singular.
_PLURALS = (
    (r"([^aeiou])ies$", r"\1y"),  # categories, but not movies: they are worth a --model.
    (r"(ss|sh|ch|x|z)es$", r"\1"),  # addresses, boxes
    (r"(ss|us|is)$", r"\1"),  # access, status, analysis
    (r"(.)s$", r"\1"),
)

# What the files of the template call something else.
IN_USE = {"DurableQuerySet", "DurableTask", "HttpRequest", "HttpResponse", "Meta"}


def check_app_name(name: str, root: Path) -> None:
    """Raise CannotAddError if no app in the folder `root` can be called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > LONGEST:
        problem = (
            f"{name!r} cannot be the name of an app: it has at most {LONGEST} lowercase Latin "
            "letters, digits and single underscores, and begins with a letter, as in `orders`"
        )
    elif keyword.iskeyword(name):
        problem = f"`{name}` is a keyword of Python and cannot be the name of an app"
    elif name in STANDARD:
        problem = f"`{name}` is a module of Python's standard library, which the app would hide"
    elif name in IGNORED:
        problem = f"git ignores the folder `{name}`, so no app can live there"
    elif (root / name).exists():
        problem = f"{root / name} exists already"
    elif find_spec(name):
        problem = f"`{name}` is the name of an installed module, which the app would hide"
    elif name in apps.app_configs:
        problem = f"the app {apps.app_configs[name].name} is called `{name}` already"
    else:
        return
    raise CannotAddError(f"No app was added: {problem}.")


def model_name(app: str) -> str:
    """Return the name of the model of `app`: `OrderLine` for `order_lines`."""
    return "".join(word.capitalize() for word in _singular(app).split("_"))


def _singular(plural: str) -> str:
    """Take the plural off as most words of English have it; for the others there is --model."""
    for ending, replacement in _PLURALS:
        singular, found = re.subn(ending, replacement, plural)
        if found:
            return singular
    return plural


def check_model_name(name: str) -> None:
    """Raise CannotAddError if no model of a new app can be called `name`."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) or len(name) > LONGEST:
        problem = (
            f"{name!r} cannot be the name of a model: it has at most {LONGEST} letters and "
            "digits, and begins with a capital, as in `Order`"
        )
    elif keyword.iskeyword(name) or hasattr(builtins, name):
        problem = f"`{name}` has a meaning in Python already and cannot be the name of a model"
    elif name in IN_USE:
        problem = f"something else in the files of the app is called `{name}`"
    else:
        return
    raise CannotAddError(f"No app was added: {problem}. Choose the model's name with --model.")
