"""Tells everything that a process has made of the project: it runs in generations and in others.

It is copied into the project, so it imports what any project has.
"""

import json
import os
import sys
import types
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models.signals import post_save
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parent.parent


def all_values(*, urls: bool) -> dict[str, Any]:
    """Return the values of each module of the project, and what it has registered elsewhere."""
    # Imports the views, so it comes first.
    patterns = _patterns(get_resolver().url_patterns) if urls else None
    # A test makes generations wrong, to see that this is noticed.
    exec(os.environ.get("SABOTAGE", ""), {})  # noqa: S102
    _call_all()
    found: dict[str, Any] = {name: _of_module(module) for name, module in sorted(_own().items())}
    found["receivers"] = _counted(_receivers())
    found["admin"] = {
        model.__name__: vars(type(one)).get("list_per_page")
        for model, one in admin.site._registry.items()
        if model.__module__.startswith("app")
    }
    found["models"] = {
        model.__name__: repr(vars(model())["size"])
        for model in apps.get_models()
        if model.__module__.startswith("app")
    }
    if urls:
        found["urls"] = patterns
    else:
        # Imported here, as the web process does without.
        from celery import current_app  # noqa: PLC0415

        found["tasks"] = {
            name: [type(task).__module__, task.run()]
            for name, task in current_app.tasks.items()
            if name.startswith("app")
        }
    metrics = sys.modules.get("metrics_registry")
    found["metrics"] = _counted(metrics.NAMES if metrics else [])
    # As it arrives.
    return dict(json.loads(json.dumps(found)))


def _own() -> dict[str, types.ModuleType]:
    return {
        name: module
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None))
        and ROOT in Path(file).parents
        and name.partition(".")[0] not in {"probe", "__main__"}
    }


def _of_module(module: types.ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sorted(vars(module).items()):
        if name.startswith("__") and name != "__all__":
            continue
        if isinstance(value, (int, str, list, tuple, dict, bool, type(None))):
            found[name] = repr(value)
        elif sys.modules.get(f"{module.__name__}.{name}") is value:
            # Set by the import of the submodule, which may be in more than this one's values.
            continue
        elif isinstance(value, types.ModuleType):
            found[name] = f"module {value.__name__}"
        elif isinstance(value, type) and value.__module__ == module.__name__:
            found[name] = {
                one: repr(what)
                for one, what in sorted(vars(value).items())
                if isinstance(what, (int, str)) and not one.startswith("__")
            }
        elif _is_asked(name):
            found[name] = _result(value)
    return found


def _call_all() -> None:
    """Have everything imported that functions import."""
    called: set[str] = set()
    while names := _own().keys() - called:
        for module in map(sys.modules.__getitem__, sorted(names)):
            for name, value in list(vars(module).items()):
                if _is_asked(name):
                    _result(value)
        called |= names


def _is_asked(name: str) -> bool:
    return name.startswith("get") or name == "late"


def _result(function: Any) -> Any:
    try:
        return function()
    except Exception as error:  # noqa: BLE001 - what is broken is so everywhere.
        return type(error).__name__


def _receivers() -> list[str]:
    names = []
    for entry in post_save.receivers:
        receiver = entry[1]() if isinstance(entry[1], weakref.ref) else entry[1]
        if receiver is not None and receiver.__module__.startswith("app"):
            names.append(f"{receiver.__module__}.{receiver.__name__} {receiver.NUMBER}")
    return names


def _patterns(patterns: list[Any]) -> list[Any]:
    return [
        [
            str(one.pattern),
            _patterns(one.url_patterns) if hasattr(one, "url_patterns") else one.lookup_str,
        ]
        for one in patterns
    ]


def _counted(names: list[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
