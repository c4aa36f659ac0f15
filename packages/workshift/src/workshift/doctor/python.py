"""Checks the interpreter, and that the packages in `.venv` match `uv.lock`."""

import os
import platform
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from .context import Context
from .findings import Findings, note, ok, problem, warning


def interpreter(context: Context) -> Findings:
    """Say which Python this is; it should be that of `.venv`, if there is one."""
    python = f"Python {platform.python_version()}"
    environment = context.folder / ".venv"
    if place := _made_for(environment):
        yield problem(
            f"The programs in {environment}/bin do not run: they were installed for {place}.",
            "Run ./scripts/setup, which installs them again.",
        )
    elif not environment.is_dir():
        yield note(f"{python} runs this, from {sys.prefix}; there is no .venv in this folder.")
    elif Path(sys.prefix).resolve() != environment.resolve():
        yield warning(
            f"{python} runs this from {sys.prefix}, not from {environment}.",
            "Activate it with `source .venv/bin/activate`.",
        )
    else:
        yield ok(f"{python} runs this, from .venv.")


def hidden(_context: Context) -> Findings:
    """Find packages that PYTHONPATH, perhaps another project's, imports from elsewhere."""
    installed = Path(sysconfig.get_path("purelib"))
    for folder in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        there = Path(folder).resolve()
        names = sorted(
            name
            for name, module in list(sys.modules.items())
            if "." not in name
            and Path(getattr(module, "__file__", None) or "/").is_relative_to(there)
            and ((installed / name).is_dir() or (installed / f"{name}.py").is_file())
            and not installed.is_relative_to(there)
        )
        if names:
            yield problem(
                f"PYTHONPATH imports {', '.join(names)} from {there}, not from {installed}.",
                "Unset it in this shell.",
            )
    if not os.environ.get("PYTHONPATH"):
        yield ok("PYTHONPATH is not set, so it hides no package.")


def _made_for(environment: Path) -> str:
    """Return the folder that an environment's programs name, if it is a different one."""
    try:
        beginning = (environment / "bin" / "celery").read_text().splitlines()[:2]
    except OSError:
        return ""
    # A shebang, or a shell line if the path is too long for a shebang.
    named = re.search(r"(/[^'\"]*)/bin/python", "\n".join(beginning))
    if not named or Path(named[1]).resolve() == environment.resolve():
        return ""
    return named[1]


def packages(context: Context) -> Findings:
    """Ask uv what it would change, which takes a tenth of a second and no network."""
    if not (context.folder / ".venv" / "bin" / "uv").exists():
        yield note("The packages: not checked, because uv, a development tool, is not installed.")
        return
    lock = _uv(context, "lock", "--check")
    if lock.returncode:
        yield problem(
            "uv.lock does not match pyproject.toml.",
            "Run `./scripts/uv lock`, then ./scripts/setup.",
        )
        return
    answer = _uv(context, "sync", "--check", "--frozen")
    if answer.returncode == 0:
        yield ok("The packages in .venv match uv.lock, and uv.lock matches pyproject.toml.")
        return
    lines = answer.stderr.splitlines()
    changes = [line.strip() for line in lines if line.startswith((" + ", " - ", " ~ "))]
    yield problem(
        f"The packages in .venv do not match uv.lock: {', '.join(changes) or ' '.join(lines[-1:])}.",
        "Run `./scripts/uv sync --frozen`.",
    )


def _uv(context: Context, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the project's own script.
        [context.folder / "scripts" / "uv", *arguments, "--offline", "--no-progress"],
        check=False,
        capture_output=True,
        text=True,
    )
