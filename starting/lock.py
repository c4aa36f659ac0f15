"""Edit uv.lock as uv itself would: no network is needed, and what is locked stays locked."""

import re
import tomllib
from typing import Any

_BLOCK = "[[package]]\n"

# What the project itself has in its block.
_ROOT = 'source = { virtual = "." }'


def sort_packages(lock: str) -> str:
    """Return the text of a lock with its packages in the order of their names."""
    head, *blocks = lock.split(_BLOCK)
    blocks = [block.rstrip("\n") + "\n" for block in blocks]
    return _BLOCK.join([head, *(f"{block}\n" for block in sorted(blocks, key=_name))])[:-1]


def without_group(lock: str, group: str) -> str:
    """Return the text of a lock without a dependency group and what only that needs."""
    return _needed_only(re.sub(rf"^{group} = \[\n(?: .*\n)*\]\n", "", lock, flags=re.MULTILINE))


def without_dependency(lock: str, name: str) -> str:
    """Return the text of a lock in which the project does not ask for a package any more."""
    blocks = lock.split(_BLOCK)
    [root] = [number for number, block in enumerate(blocks) if _ROOT in block]
    blocks[root] = re.sub(rf'^    \{{ name = "{name}".*\n', "", blocks[root], flags=re.MULTILINE)
    return _needed_only(_BLOCK.join(blocks))


def _needed_only(lock: str) -> str:
    needed = _needed(tomllib.loads(lock)["package"])
    head, *blocks = lock.split(_BLOCK)
    kept = [block.rstrip("\n") + "\n" for block in blocks if _name(block) in needed]
    return _BLOCK.join([head, *(f"{block}\n" for block in kept)])[:-1]


def _name(block: str) -> str:
    return str(tomllib.loads(block.partition("\n")[0])["name"])


def _needed(packages: list[dict[str, Any]]) -> set[str]:
    """Return the names of the packages that the project needs, itself among them."""
    [root] = [package for package in packages if package["source"].get("virtual") == "."]
    needed: set[str] = set()
    waiting = [root["name"]]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        for package in packages:
            if package["name"] == name:
                groups = [
                    package.get("dependencies", []),
                    *package.get("optional-dependencies", {}).values(),
                    *package.get("dev-dependencies", {}).values(),
                ]
                waiting += [dependency["name"] for group in groups for dependency in group]
    return needed
