"""A package index on 127.0.0.1 with one small package, and a project whose uv.lock names it."""

import hashlib
import shutil
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests import ROOT

WHEEL = "parcel-1.0-py3-none-any.whl"

PYPROJECT = """\
[project]
name = "project"
version = "1.0"
requires-python = ">=3.12"

[dependency-groups]
dev = ["parcel"]

[tool.uv]
package = false
"""

LOCK = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "parcel"
version = "1.0"
source = {{ registry = "{registry}" }}
wheels = [
    {{ url = "{address}/{wheel}", hash = "sha256:{digest}", size = {size} }},
]

[[package]]
name = "project"
version = "1.0"
source = {{ virtual = "." }}

[package.dev-dependencies]
dev = [
    {{ name = "parcel" }},
]

[package.metadata]

[package.metadata.requires-dev]
dev = [{{ name = "parcel" }}]
"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the package; yield the address of its files, below which `/simple` is the index."""
    pages = folder / "simple" / "parcel"
    pages.mkdir(parents=True)
    wheel = folder / WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        about = "parcel-1.0.dist-info"
        archive.writestr("parcel.py", "def main() -> None:\n    print('It runs.')\n")
        # What scripts/setup runs when all is installed.
        archive.writestr("workshift/__init__.py", "")
        archive.write(ROOT / "packages/workshift/src/workshift/dotenv.py", "workshift/dotenv.py")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: parcel\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/entry_points.txt", "[console_scripts]\nparcel = parcel:main\n")
        archive.writestr(f"{about}/RECORD", "")
    (pages / "index.html").write_text(f'<a href="../../{WHEEL}">{WHEEL}</a>')
    handler = partial(_Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of what is asked for."""


def make_project(folder: Path, files: str, wheel: Path) -> None:
    """Make a project in `folder` whose lock says that the files are at the address `files`."""
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / ".env.example", folder)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    content = wheel.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    ours = tomllib.loads((ROOT / "uv.lock").read_text())
    registry = next(one["source"]["registry"] for one in ours["package"])
    lock = {"address": files, "wheel": WHEEL, "digest": digest, "size": len(content)}
    (folder / "uv.lock").write_text(LOCK.format(registry=registry, **lock))
