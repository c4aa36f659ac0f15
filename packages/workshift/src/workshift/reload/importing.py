"""Imports a module, and notes what speaks against an import in advance.

The zygote loads this file by its path, so it imports the standard library only.
"""

import builtins
import contextlib
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

# By module, why it is left out.
Reasons = dict[str, str]

# By module, what it imports.
Imports = dict[str, set[str]]


def import_module(name: str, reasons: Reasons) -> bool:
    """Import `name`, if it can be; note in `reasons` what speaks against it."""
    before = _kept_open()
    try:
        importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, the generation says so.
        reasons.setdefault(name, f"fails without the settings ({type(error).__name__})")
        return False
    if any(now > then for now, then in zip(_kept_open(), before, strict=True)):
        reasons.setdefault(name, "starts a thread, or keeps a file or a connection open")
    return True


def _kept_open() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208 - it is called a thousand times.


@contextlib.contextmanager
def watched(imports: Imports) -> Iterator[Reasons]:
    """Note who imports whom in `imports`; yield the reasons of those that ask for the settings."""
    reasons: Reasons = {}
    with contextlib.ExitStack() as undo:
        watched: list[Any] = []

        def watch_settings() -> None:
            settings = getattr(sys.modules.get("django.conf"), "LazySettings", None)
            if settings and not watched:
                watched.append(settings)
                undo.enter_context(_noting_questions(settings, reasons))

        undo.enter_context(noting(imports, watch_settings))
        watch_settings()
        yield reasons


@contextlib.contextmanager
def noting(imports: Imports, after_each: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Note in `imports` what each module's `import` statements name; call `after_each` of them."""
    original = builtins.__import__

    def noted(
        name: str,
        globals: Any = None,  # noqa: A002 - as the function is called that this stands for.
        locals: Any = None,  # noqa: A002
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if importer := (globals or {}).get("__name__"):
            absolute = _absolute(name, globals, level)
            names = (absolute, *(f"{absolute}.{one}" for one in fromlist or ()))
            imports.setdefault(importer, set()).update(names)
        module = original(name, globals, locals, fromlist, level)
        after_each()
        return module

    builtins.__import__ = noted
    try:
        yield
    finally:
        builtins.__import__ = original


def _absolute(name: str, importer: dict[str, Any], level: int) -> str:
    if not level:
        return name
    package = importer.get("__package__") or str(importer["__name__"])
    try:
        return importlib.util.resolve_name("." * level + name, package)
    except ImportError:
        return name


@contextlib.contextmanager
def _noting_questions(settings: Any, reasons: Reasons) -> Iterator[None]:
    """Note in `reasons` each module that looks at Django's settings, or whether there are any."""
    set_up, configured = settings._setup, settings.configured  # noqa: SLF001 - Django has no hook.

    def note() -> None:
        frame: Any = sys._getframe(2)  # noqa: SLF001 - as Python's own warnings do.
        while frame is not None and frame.f_code.co_name != "<module>":
            # Signal.connect() only looks more closely at its argument while DEBUG is on.
            if frame.f_globals.get("__name__") == "django.dispatch.dispatcher":
                return
            frame = frame.f_back
        if frame is not None:
            reasons.setdefault(frame.f_globals["__name__"], "asks for the settings")

    def noted_set_up(self: Any, name: Any = None) -> None:
        note()
        set_up(self, name)

    def noted_configured(self: Any) -> bool:
        note()
        return bool(configured.fget(self))

    settings._setup, settings.configured = noted_set_up, property(noted_configured)  # noqa: SLF001
    try:
        yield
    finally:
        settings._setup, settings.configured = set_up, configured  # noqa: SLF001
