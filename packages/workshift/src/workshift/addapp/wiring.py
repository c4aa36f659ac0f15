"""Adds an app to the files that list a project's apps; each function returns the new text.

They raise CannotAddError if they do not know the file's form.
"""

import ast
import functools
import re
import tomllib
from typing import Any

from .errors import CannotAddError


def with_installed_app(settings: str, file: str, app: str) -> str:
    """Return the settings with `app` as the last entry of INSTALLED_APPS."""
    return _with_entry(settings, file, "INSTALLED_APPS", f'"{app}"', _at_the_end)


def lists_apps(source: str) -> bool:
    """Tell whether a module has its own INSTALLED_APPS list, not one that extends another."""
    entries = _list(source, "INSTALLED_APPS")
    return entries is not None and not any(isinstance(one, ast.Starred) for one in entries.elts)


def with_address(urls: str, file: str, app: str) -> str:
    """Return the URL configuration with the app's entry, before any that would also match."""
    entry = f'path("{app}/", include("{app}.urls"))'
    if missing := {"include", "path"} - _imported(urls):
        raise CannotAddError(
            f"No app was added: `{entry},` needs {' and '.join(sorted(missing))} from django.urls, "
            f"which {file} does not import; import it there and run this again."
        )
    before = functools.partial(_before_what_answers, f"{app}/")
    return _with_entry(urls, file, "urlpatterns", entry, before)


def with_checks(pyproject: str, file: str, app: str) -> str:
    """Return pyproject.toml with `app` in the lists for pytest and mypy.

    Missing lists are ignored: their tool checks everything then, or is not used.
    """
    for table, key, value in (
        (("tool", "pytest", "ini_options"), "testpaths", app),
        (("tool", "pytest", "ini_options"), "filterwarnings", f"error::DeprecationWarning:{app}"),
        (("tool", "mypy"), "files", app),
    ):
        expected = tomllib.loads(pyproject)
        entries = _find(expected, table).get(key)
        if not entries:
            continue
        entries.append(value)
        heading = re.escape(f"[{'.'.join(table)}]")
        # From the heading, over lines that are not headings, to the last quote of the list.
        where = rf'^{heading}\n(?:(?!\[).*\n)*?{key} = \[(\n *)?[^\]]*"'
        found = re.search(where, pyproject, flags=re.MULTILINE)
        end = found.end() if found else 0
        # On its own line if the list has several.
        gap = (found and found[1]) or " "
        changed = f'{pyproject[:end]},{gap}"{value}"{pyproject[end:]}'
        if not _is_toml(changed, expected):
            place = f"list `{key}` in [{'.'.join(table)}] with entries in double quotes"
            raise _no_place(file, place, f'"{value}"')
        pyproject = changed
    return pyproject


def _with_entry(source: str, file: str, name: str, entry: str, index_for: Any) -> str:
    """Return the Python source with one more line in the list `name`, otherwise unchanged."""
    entries = _list(source, name)
    if entries is None:
        raise _no_place(file, f"list `{name} = [...]`", entry)
    index = index_for(entries.elts)
    lines = source.split("\n")
    if index < len(entries.elts):
        number = entries.elts[index].lineno - 1
        # The comment above an entry belongs to it.
        while lines[number - 1].lstrip().startswith("#"):
            number -= 1
    else:
        number = (entries.end_lineno or 0) - 1
    lines.insert(number, f"    {entry},")
    changed = "\n".join(lines)

    expected = [ast.dump(element) for element in entries.elts]
    expected.insert(index, ast.dump(ast.parse(entry, mode="eval").body))
    written = _list(changed, name)
    if written is None or [ast.dump(element) for element in written.elts] != expected:
        raise _no_place(file, f"list `{name}` with one entry on each line", entry)
    return changed


def _at_the_end(entries: list[ast.expr]) -> int:
    return len(entries)


def _before_what_answers(address: str, entries: list[ast.expr]) -> int:
    """Return the index of the first entry that may also match `address`."""
    for index, entry in enumerate(entries):
        match entry:
            case ast.Call(func=ast.Name(id="path"), args=[ast.Constant(value=str(route)), *_]) if (
                not route or route.startswith("<")
            ):
                return index
            case ast.Call(
                func=ast.Name(id="re_path"), args=[ast.Constant(value=str(route)), *_]
            ) if re.match(route, address):
                return index
    return len(entries)


def _imported(source: str) -> set[str]:
    """Return the names that the module `source` imports from other modules."""
    imports = (one for one in _statements(source) if isinstance(one, ast.ImportFrom))
    return {alias.asname or alias.name for statement in imports for alias in statement.names}


def _list(source: str, name: str) -> ast.List | None:
    """Return the list that the module `source` assigns to `name`, if it does."""
    for statement in _statements(source):
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=target)], value=ast.List() as entries)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.List() as entries)
            ) if target == name:
                return entries
    return None


def _statements(source: str) -> list[ast.stmt]:
    """Return a module's top-level statements, or nothing if it is not valid Python."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def _find(data: dict[str, Any], table: tuple[str, ...]) -> dict[str, Any]:
    for name in table:
        data = data.get(name, {})
    return data


def _is_toml(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _no_place(file: str, place: str, entry: str) -> CannotAddError:
    return CannotAddError(
        f"No app was added: {file} has no {place} to which `{entry},` could be added; write it in "
        "that form and run this again."
    )
