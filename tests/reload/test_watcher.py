"""The watcher alone, where a whole worker would add nothing."""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers import Observer

from django_celery.reload import watcher as watcher_module
from django_celery.reload.rules import Rules
from django_celery.reload.watcher import Changes, Watcher
from tests.reload.project import PATIENCE


def first_change(
    root: Path, do: Callable[[], object], **options: object
) -> tuple[Changes, Watcher]:
    """Watch `root` while `do` is called, and return the first batch of changes."""

    async def watch() -> tuple[Changes, Watcher]:
        seen: asyncio.Queue[Changes] = asyncio.Queue()
        watcher = Watcher(Rules(root), seen.put_nowait, **options)  # type: ignore[arg-type]
        watcher.start()
        try:
            do()
            return await asyncio.wait_for(seen.get(), PATIENCE), watcher
        finally:
            watcher.stop()

    return asyncio.run(watch())


def test_a_package_that_is_installed_asks_for_a_fresh_zygote(tmp_path: Path) -> None:
    (root := tmp_path / "project").mkdir()
    (packages := tmp_path / "site-packages").mkdir()

    def install() -> None:
        (packages / "module.py").write_text("")
        (packages / "thing-1.0.dist-info").mkdir()

    changes, _ = first_change(root, install, packages=packages)
    assert changes.packages
    assert changes.paths == {packages / "thing-1.0.dist-info"}


def test_files_that_come_with_a_new_folder_count(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (root := tmp_path / "project").mkdir()
    (tmp_path / "built" / "module.py").write_text("x = 1\n")
    changes, _ = first_change(root, lambda: (tmp_path / "built").rename(root / "app"))
    assert changes.paths == {root / "app" / "module.py"}


def test_the_limit_of_watches_is_no_error_but_a_reason_to_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's limit is for all users of the machine, so the test stands in for it."""

    class NoWatchLeft(Observer):  # type: ignore[misc, valid-type]
        def schedule(self, *_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(watcher_module, "Observer", NoWatchLeft)
    changes, watcher = first_change(
        tmp_path, lambda: (tmp_path / "module.py").write_text("x = 1\n")
    )
    assert watcher.polls
    assert changes.paths == {tmp_path / "module.py"}


def test_a_file_that_is_written_all_the_time_counts_all_the_same(tmp_path: Path) -> None:
    async def watch() -> Changes:
        seen: asyncio.Queue[Changes] = asyncio.Queue()
        watcher = Watcher(Rules(tmp_path), seen.put_nowait)
        watcher.start()
        try:
            for number in range(10**6):
                (tmp_path / "module.py").write_text(f"x = {number}\n")
                await asyncio.sleep(0)
                if not seen.empty():
                    break
            return seen.get_nowait()
        finally:
            watcher.stop()

    assert asyncio.run(watch()).paths == {tmp_path / "module.py"}
