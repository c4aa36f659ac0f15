"""What the zygote imports in advance, and what it leaves to the generations."""

import itertools
import sys
from pathlib import Path

import pytest

from tests.reload.project import Project, children, eventually
from workshift.testing.processes import free_port

METRICS = """
from django.conf import settings

NAMESPACE = settings.PROBE_NAMESPACE if settings.configured else "default"
"""

RECEIVERS = """
import probe_registry

probe_registry.RECEIVERS.append("one")

import django.contrib.auth.models
"""

THREAD = """
import threading

THREAD = threading.Thread(target=threading.Event().wait, daemon=True)
THREAD.start()
"""

OPTIONAL = """
try:
    from probe import plugin
except ImportError:
    plugin = None
"""

TASKS = """
from celery import shared_task

import probe_metrics
import probe_needs_metrics
import probe_optional
import probe_receivers
import probe_registry
import probe_thread


@shared_task
def states():
    return [
        probe_metrics.NAMESPACE,
        probe_needs_metrics.NAMESPACE,
        probe_optional.plugin is not None,
        probe_registry.RECEIVERS,
    ]
"""


class Packages:
    """A user's own packages: those of this environment are not for a test to add to."""

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`."""
        python = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.folder = folder / "lib" / python / "site-packages"
        self.folder.mkdir(parents=True)
        self.variables = {"PYTHONUSERBASE": str(folder), "PYTHONPATH": str(self.folder)}

    def write(self, name: str, text: str) -> Path:
        """Install a module."""
        path = self.folder / f"{name}.py"
        path.write_text(text)
        return path


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    """An empty folder of installed packages."""
    return Packages(tmp_path / "user")


def test_a_module_is_in_each_generation_what_it_would_be_without_the_zygote(
    project: Project, packages: Packages
) -> None:
    packages.write("probe_metrics", METRICS)
    packages.write("probe_needs_metrics", "from probe_metrics import NAMESPACE\n")
    packages.write("probe_registry", "RECEIVERS = []\n")
    packages.write("probe_receivers", RECEIVERS)
    packages.write("probe_thread", THREAD)
    packages.write("probe_optional", OPTIONAL)
    project.write("probe/plugin.py", "")
    project.write("probe/tasks.py", project.read("probe/tasks.py") + TASKS)
    settings = project.read("mysite/settings.py") + 'PROBE_NAMESPACE = "mine"\n'
    project.write("mysite/settings.py", settings)
    with project.worker("--verbose", **packages.variables) as worker:
        said = worker.wait_for("Each generation imports for itself: .*").group()
        assert "probe_metrics (asks for the settings)" in said
        assert "probe_needs_metrics (needs probe_metrics)" in said
        assert "probe_optional (needs probe)" in said
        assert "probe_receivers (fails without the settings (ImproperlyConfigured))" in said
        assert "probe_thread (starts a thread, or keeps a file or a connection open)" in said
        assert "probe_registry" not in said
        for version in (1, 2):
            project.save_version(version)
            worker.wait_for("Reloaded in")
            states = project.app.send_task("probe.tasks.states").get(timeout=60)
            assert states == ["mine", "mine", True, ["one"]]


def test_an_edited_module_that_was_imported_in_advance_is_live(
    project: Project, packages: Packages, tmp_path: Path
) -> None:
    imports = tmp_path / "imports"
    text = f"print('.', file=open({str(imports)!r}, 'a'))\nVALUE = 0\n"
    module = packages.write("probe_tuned", text)
    tasks = project.read("probe/tasks.py").replace("return VERSION", "return probe_tuned.VALUE")
    project.write("probe/tasks.py", "import probe_tuned\n" + tasks)
    with project.worker("--watch", str(module), **packages.variables) as worker:
        eventually(lambda: len(imports.read_text().split()) > 1, "it is imported in advance")
        for value in (1, 2):
            module.write_text(text.replace("VALUE = 0", f"VALUE = {value}"))
            worker.wait_for(r"Reloaded in .*probe_tuned\.py")
            assert project.version() == value


@pytest.mark.parametrize("option", ["--verbose", "--no-preload", "--noreload"])
def test_generations_find_what_manage_py_has_put_on_the_path(project: Project, option: str) -> None:
    project.write("apps/extra.py", "VALUE = 7\n")
    manage = project.read("manage.py")
    project.write(
        "manage.py", manage.replace("if __name__", "sys.path.insert(0, 'apps')\n\nif __name__")
    )
    tasks = project.read("probe/tasks.py").replace("return VERSION", "return extra.VALUE")
    project.write("probe/tasks.py", "import extra\n" + tasks)
    with project.starting_worker(option) as worker:
        worker.wait_for("ready")
        assert project.version() == 7
        if option != "--noreload":
            project.write("apps/extra.py", "VALUE = 8\n")
            worker.wait_for("Reloaded in")
            assert project.version() == 8


def test_a_port_that_a_module_takes_is_had_when_the_old_code_has_let_go_of_it(
    project: Project,
) -> None:
    port = free_port()
    text = f"import socket\n\nSERVER = socket.create_server(('127.0.0.1', {port}))\n"
    project.write("probe/tasks.py", text + project.read("probe/tasks.py"))
    with project.worker() as worker:
        for version in (1, 2):
            project.save_version(version)
            worker.wait_for("it is tried again once the old code has finished its tasks")
            worker.wait_for("Reloaded in")
            assert project.version() == version


def test_views_that_do_not_load_are_a_line_in_the_worker(project: Project) -> None:
    with project.worker() as worker:
        project.write("probe/urls.py", "def broken(:\n")
        worker.wait_for("Reloaded in")
        worker.wait_for(r"Django's checks could not look at the project: SyntaxError: .*urls\.py")
        assert project.version() == 0
    assert "Traceback" not in worker.output


def test_what_the_terminal_cannot_show_costs_no_line(project: Project) -> None:
    with project.worker(PYTHONIOENCODING="ascii") as worker:
        project.write("probe/naïve.py", "")
        worker.wait_for(r"Reloaded in .* runs probe/na\\xefve\.py")


def test_until_all_is_preloaded_packages_are_found_compiled(
    project: Project, packages: Packages, tmp_path: Path
) -> None:
    """A generation that imports them itself must not compile them anew."""
    go = tmp_path / "go"
    packages.write(
        "probe_slow",
        "import os, time\n"
        "if 'DJANGO_SETTINGS_MODULE' not in os.environ:\n"
        f"    while not os.path.exists({str(go)!r}):\n"
        "        time.sleep(0.01)\n",
    )
    tasks = project.read("probe/tasks.py").replace("    return VERSION", "    return PREFIX")
    prefix = "import sys\n\nimport probe_slow\n\nPREFIX = int(sys.pycache_prefix is not None)\n"
    project.write("probe/tasks.py", prefix + tasks)
    with project.worker(**packages.variables) as worker:
        assert not project.version()
        # The zygote has been told what to import, and cannot have come to an end.
        eventually(lambda: len(children(children(worker.process.pid)[0])) > 1, "it tries")
        project.save_version(1)
        worker.wait_for("Reloaded in")
        assert not project.version()
        go.touch()
        version = itertools.count(2)

        def has_prefix() -> bool:
            project.save_version(next(version))
            worker.wait_for("Reloaded in")
            return bool(project.version())

        eventually(has_prefix, "all is preloaded")
