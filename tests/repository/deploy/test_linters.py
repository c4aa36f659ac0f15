"""The files in `deploy/` are what their programs take, as far as this can be told without them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from workshift.testing.processes import Process

from tests import ROOT
from tests.repository.deploy.files import FOLDER, unit_path
from tests.repository.stack.clone import Clone
from tests.repository.stack.conftest import environment, fresh_clone, without_redis
from tests.repository.starting.starter import tool

__all__ = ["environment", "fresh_clone", "without_redis"]


class Vulnerabilities(BaseHTTPRequestHandler):
    """A database of vulnerabilities, in which Django has one."""

    def do_POST(self) -> None:
        """Answer which vulnerabilities packages have."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        found = {"vulns": [{"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z"}]}
        names = [query["package"]["name"] for query in asked]
        self._answer({"results": [found if name == "django" else {} for name in names]})

    def do_GET(self) -> None:
        """Answer what is known of one vulnerability."""
        self._answer({"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "affected": []})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in Python.
        """Write nothing."""

    def _answer(self, content: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())


def run(*words: str | Path) -> str:
    """Run a program to its end and return what it writes. Raises AssertionError if it fails."""
    done = subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_dockerfile_is_sound() -> None:
    run(tool("hadolint"), "deploy/Dockerfile")


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("compose-spec", ["deploy/compose.yaml", "deploy/compose.dev.yaml"]),
        ("dependabot", [".github/dependabot.yml"]),
        ("github-workflows", [".github/workflows/ci.yml", "starting/product-ci.yml"]),
    ],
)
def test_it_is_what_its_schema_asks_for(schema: str, names: list[str]) -> None:
    run(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *names)


@pytest.mark.slow
def test_the_manifests_are_what_kubernetes_asks_for() -> None:
    # Not in the lock: the schemas of all its versions are 17,000 files.
    validate = ("tool", "run", "--python", sys.executable, "kubernetes-validate@1.37.0", "--strict")
    run(tool("uv"), *validate, *(FOLDER / "kubernetes").glob("*.yaml"))


def test_the_units_are_sound(tmp_path: Path) -> None:
    if not (verify := shutil.which("systemd-analyze")):
        pytest.skip("There is no systemd here.")
    for name in ("web", "worker", "beat"):
        # It looks whether the programs are there.
        text = (
            unit_path(name)
            .read_text()
            .replace("/srv/site/.venv/bin", str(Path(sys.executable).parent))
        )
        (tmp_path / unit_path(name).name).write_text(text)
    said = run(verify, "verify", "--man=no", *tmp_path.glob("*.service"))
    # It only warns of a word that it does not know, and of what other units of the system have.
    assert "site-" not in said


def test_the_audit_finds_a_version_with_a_vulnerability() -> None:
    workflow = yaml.safe_load((ROOT / "starting/product-ci.yml").read_text())
    assert workflow["jobs"]["audit"] == ci()["jobs"]["audit"]
    *_, audit = (step["run"] for step in workflow["jobs"]["audit"]["steps"] if "run" in step)
    with ThreadingHTTPServer(("127.0.0.1", 0), Vulnerabilities) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        command = [*shlex.split(audit), "--service-url", address]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        server.shutdown()

    assert done.returncode == 1
    assert re.search(r"^django \S+ has 1 known vulnerability", done.stdout, re.MULTILINE)
    # It is experimental; without its option, it would say so.
    assert "warning" not in done.stderr


@pytest.mark.slow
def test_the_dockerfile_makes_what_the_image_needs(fresh_clone: Clone, tmp_path: Path) -> None:
    packages, _, build, final = stages()
    assert set(re.findall(r"--from=(\w+)", final)) == {"packages", "build"}
    (site := tmp_path / "site").mkdir()
    environment = {
        **fresh_clone.environment,
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv"),
        "UV_PYTHON": sys.executable,
        "PATH": ":".join(
            [f"{tmp_path / 'venv/bin'}", f"{tool('uv').parent}", fresh_clone.environment["PATH"]]
        ),
    }
    for copy, command in re.findall(
        r"^(?:COPY (.*)|RUN (?!pip)(.*))$", packages + build, re.MULTILINE
    ):
        for source in copy.split()[:-1]:
            take(fresh_clone.folder / source, site)
        if command:
            made = Process(["sh", "-c", command], folder=site, environment=environment)
            assert made.wait() == 0, made.output

    programs = {path.name for path in (tmp_path / "venv/bin").iterdir()}
    assert programs >= {"celery", "gunicorn"}
    assert not programs & {"pytest", "ruff", "honcho", "watchmedo"}
    # Not a link to the folder of the library.
    assert [*(tmp_path / "venv").glob("lib/*/site-packages/workshift/__init__.py")]
    assert (site / "static/style.css").exists()


def take(source: Path, site: Path) -> None:
    """Do what COPY does with a file or a folder, but for what is kept out of the image."""
    patterns = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()[1:]

    def kept_out(folder: str, names: list[str]) -> set[str]:
        # A name without `**/` means one at the top.
        here = [one for one in patterns if "/" in one or source.samefile(folder)]
        return shutil.ignore_patterns(*(one.removeprefix("**/") for one in here))(folder, names)

    if source.is_file():
        shutil.copy(source, site)
    else:
        place = site / source.name if source.name == "packages" else site
        shutil.copytree(source, place, ignore=kept_out, dirs_exist_ok=True)


def ci() -> Any:
    """Return the workflow of CI."""
    return yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())


def stages() -> list[str]:
    """Return what the Dockerfile says of each stage."""
    return re.split(r"^FROM .*$", (FOLDER / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
