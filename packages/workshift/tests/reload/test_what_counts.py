"""Which changes reload, which do not, and the ways in which editors save."""

import contextlib
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.reload.project import Project, Worker, eventually


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def atomic(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new~")
    temporary.write_text(text)
    temporary.replace(path)


def as_vim_does(path: Path, text: str) -> None:
    """Vim checks that it can create files (4913), moves the old one away, and writes it anew."""
    probe = path.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def with_a_formatter(path: Path, text: str) -> None:
    path.write_text(text + "\n\n\n")
    path.write_text(text)


@pytest.mark.parametrize("save", [in_place, atomic, as_vim_does, with_a_formatter])
def test_saves_as_editors_make_them(project: Project, save: Callable[[Path, str], None]) -> None:
    with project.worker():
        for version in (1, 2):
            save(project.folder / "probe" / "tasks.py", project.versioned(version))
            eventually(partial(project.runs, version), "the save is live")


def expect_reload(worker: Worker, name: str) -> None:
    worker.wait_for(rf"Reloaded in .*{name}")


def watches(worker: Worker) -> int:
    """Return how many folders the kernel watches for the supervisor."""
    count = 0
    for descriptor in Path(f"/proc/{worker.process.pid}/fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):  # Closed meanwhile.
            count += descriptor.read_text().count("inotify wd:")
    return count


def test_what_a_task_uses_counts(project: Project) -> None:
    project.write("probe/templates/probe/mail.txt", "old")
    project.write("probe/locale/ru/LC_MESSAGES/django.mo", "old")
    with project.worker() as worker:
        project.write("probe/templates/probe/mail.txt", "new")
        expect_reload(worker, "mail.txt")
        project.write("probe/locale/ru/LC_MESSAGES/django.mo", "new")
        expect_reload(worker, "django.mo")
        project.write(".env", project.read(".env") + "TIME_ZONE=Europe/Berlin\n")
        expect_reload(worker, r"\.env")
        settings = project.read("mysite/settings.py")
        project.write("mysite/settings.py", settings + "\nEXTRA = 1\n")
        expect_reload(worker, "settings.py")


def test_an_edited_env_is_read_by_the_next_generation(project: Project) -> None:
    project.write(
        "probe/tasks.py",
        project.read("probe/tasks.py")
        + "\n\n@shared_task\ndef zone():\n    from django.conf import settings\n"
        "    return settings.TIME_ZONE\n",
    )
    with project.worker() as worker:
        project.write(".env", project.read(".env") + "TIME_ZONE=Europe/Berlin\n")
        worker.wait_for("Reloaded in")
        zone = project.app.send_task("probe.tasks.zone")
        assert zone.get(timeout=60) == "Europe/Berlin"


def test_what_no_task_uses_does_not_count(project: Project) -> None:
    for folder in ("node_modules/x", ".git", ".venv2", "static", ".pytest_cache", "__pycache__"):
        (project.folder / folder).mkdir(parents=True)
    project.write(".venv2/pyvenv.cfg", "")
    with project.worker("--ignore", "legacy*") as worker:
        for name in (
            "node_modules/x/y.py",
            ".git/hook.py",
            ".venv2/module.py",
            "static/generated.py",
            ".pytest_cache/x.py",
            "__pycache__/tasks.cpython-313.pyc",
            "legacy_code.py",
            "probe/.tasks.py.swp",
            "probe/.#tasks.py",
            "probe/tasks.py~",
            "db.sqlite3",
            "worker.log",
            "README.md",
        ):
            project.write(name, "x = 1\n")
        project.save_version(1)
        worker.wait_for(r"Reloaded in .*: generation 2 runs probe/tasks\.py\.")
        project.save_version(2)
        worker.wait_for(r"Reloaded in .*: generation 3 runs probe/tasks\.py\.")


def test_new_renamed_and_deleted_modules_and_folders(project: Project) -> None:
    with project.worker() as worker:
        project.write("orders/__init__.py", "")
        project.write("orders/models.py", "VALUE = 1\n")
        expect_reload(worker, "orders/models.py")
        project.write("orders/deeper/still/module.py", "VALUE = 1\n")
        expect_reload(worker, "module.py")
        (project.folder / "orders/models.py").rename(project.folder / "orders/objects.py")
        expect_reload(worker, "orders/objects.py")
        (project.folder / "orders/objects.py").unlink()
        expect_reload(worker, "orders/objects.py")
        shutil.rmtree(project.folder / "orders")
        expect_reload(worker, "orders")
        project.write("orders/__init__.py", "")
        expect_reload(worker, "orders/__init__.py")
        project.write("orders/models.py", "VALUE = 2\n")
        expect_reload(worker, "orders/models.py")


def test_a_linked_folder_is_watched(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.folder / "linked").symlink_to(tmp_path / "elsewhere")
    with project.worker() as worker:
        (tmp_path / "elsewhere" / "module.py").write_text("VALUE = 1\n")
        expect_reload(worker, "module.py")


def test_project_code_outside_the_project_is_watched_once_it_is_loaded(
    project: Project, tmp_path: Path
) -> None:
    """As an editable package: its folder is on the path, and not among the installed ones."""
    package = tmp_path / "library" / "our_library"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("ANSWER = 1\n")
    project.write("probe/tasks.py", "import our_library\n" + project.read("probe/tasks.py"))
    with project.worker(PYTHONPATH=str(package.parent)) as worker:
        before = watches(worker)
        eventually(lambda: watches(worker) > before, "the package's folder is watched")
        (package / "__init__.py").write_text("ANSWER = 2\n")
        expect_reload(worker, r"our_library/__init__\.py")


def test_watch_adds_a_file_of_any_name(project: Project, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("1")
    with project.worker("--watch", str(prices)) as worker:
        prices.write_text("2")
        expect_reload(worker, "prices.csv")


def test_polling_sees_changes_and_passes_over_foreign_folders(project: Project) -> None:
    project.write("node_modules/x/y.py", "")
    with project.worker("--poll") as worker:
        project.write("node_modules/x/y.py", "changed = True\n")
        project.save_version(1)
        worker.wait_for(r"Reloaded in .*: generation 2 runs probe/tasks\.py\.")
        assert project.version() == 1


def test_foreign_folders_are_not_watched(project: Project) -> None:
    for number in range(300):
        (project.folder / "node_modules" / str(number)).mkdir(parents=True)
    with project.worker() as worker:
        folders = sum(
            1
            for folder, _, _ in os.walk(project.folder)
            if "node_modules" not in folder and "__pycache__" not in folder
        )
        # And one for the folder of the installed packages.
        assert 0 < watches(worker) <= folders + 1


def test_another_folder_in_the_place_of_the_project_s_runs(
    project: Project, tmp_path: Path
) -> None:
    """As when a clone is made anew, and a terminal still runs the worker of the old one."""
    with project.worker() as worker:
        shutil.copytree(project.folder, tmp_path / "clone")
        project.folder.rename(tmp_path / "old")
        worker.wait_for("is gone")
        shutil.rmtree(tmp_path / "old")
        (tmp_path / "clone").rename(project.folder)
        project.save_version(1)
        eventually(partial(project.runs, 1), "the save is live")
        project.save_version(2)
        eventually(partial(project.runs, 2), "the next save is live")
