"""The files in `deploy/` are what their programs take, as far as this can be told without them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.repository.deploy.files import FOLDER, unit_path
from tests.repository.stack.clone import Clone
from tests.repository.stack.conftest import environment, fresh_clone, without_redis
from tests.repository.starting.starter import tool

__all__ = ["environment", "fresh_clone", "without_redis"]


def run(*words: str | Path) -> None:
    """Run a program to its end. Raises AssertionError with what it writes if it fails."""
    done = subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


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
    run(verify, "verify", *tmp_path.glob("*.service"))


@pytest.mark.slow
def test_the_commands_of_the_dockerfile_make_what_the_image_needs(
    fresh_clone: Clone, tmp_path: Path
) -> None:
    packages, _, build, final = stages()
    assert set(re.findall(r"--from=(\w+)", final)) == {"packages", "build"}
    assert fresh_clone.run("scripts/setup").wait() == 0
    paths = (tmp_path / "venv/bin", tool("uv").parent, fresh_clone.environment["PATH"])
    variables = {
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv"),
        "UV_PYTHON": sys.executable,
        "PATH": ":".join(map(str, paths)),
    }
    for command in re.findall(r"^RUN (uv .*|SECRET_KEY.*)$", packages + build, re.MULTILINE):
        made = fresh_clone.run("env", "ENV_FILE=/dev/null", "sh", "-c", command, **variables)
        assert made.wait() == 0, made.output

    programs = {path.name for path in (tmp_path / "venv/bin").iterdir()}
    assert programs >= {"celery", "gunicorn"}
    assert not programs & {"pytest", "ruff", "honcho", "watchmedo"}
    [workshift] = (tmp_path / "venv").glob("lib/*/site-packages/workshift/__init__.py")
    assert workshift.exists()
    assert (fresh_clone.folder / "static/style.css").exists()


def stages() -> list[str]:
    """Return what the Dockerfile says of each stage."""
    return re.split(r"^FROM .*$", (FOLDER / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
