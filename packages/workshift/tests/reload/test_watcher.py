"""The watcher alone, where a whole worker would add nothing."""

import asyncio
import errno
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import inotify_c
from watchdog.observers.api import BaseObserver, EventEmitter

from tests.reload.project import PATIENCE
from workshift.reload import watcher as watcher_module
from workshift.reload.batch import Changes
from workshift.reload.filters import FileFilter
from workshift.reload.report import Report
from workshift.reload.tree import Tree
from workshift.reload.watcher import Watcher


class Watch:
    """A watcher in an event loop that runs only while a batch is awaited.

    What a test does to files meanwhile has all happened when the watcher hears of the first of it.
    """

    def __init__(self, root: Path, **options: object) -> None:
        self.root = root
        self._loop = asyncio.Runner()
        self._seen: asyncio.Queue[Changes] = asyncio.Queue()
        extra = options.pop("extra", ())
        self.watcher = Watcher(
            FileFilter(root, extra=extra),  # type: ignore[arg-type]
            self._seen.put_nowait,
            Report(root),
            **options,  # type: ignore[arg-type]
        )
        self._loop.run(self._start())

    def next_change(self) -> Changes:
        """Wait for a batch of changes."""
        return self._loop.run(self._next())

    def changed(self) -> set[str]:
        """Wait for a batch of changes and name its files, relative to the root."""
        return {os.path.relpath(path, self.root) for path in self.next_change().paths}

    def changed_until(self, path: Path) -> list[set[str]]:
        """Save `path`, and return all batches up to the one that tells of it."""
        name = os.path.relpath(path, self.root)
        path.write_text("saved = True\n")
        batches = [self.changed()]
        while name not in batches[-1]:
            batches.append(self.changed())
        return batches

    def changed_besides(self, path: Path) -> set[str]:
        """Save `path`, and return what else has changed until that is seen."""
        return set().union(*self.changed_until(path)) - {os.path.relpath(path, self.root)}

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the watcher run until a condition holds."""

        async def wait() -> None:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0.01)

        self._loop.run(wait())

    def stop(self) -> None:
        self._loop.run(self._stop())
        self._loop.close()

    async def _start(self) -> None:
        self.watcher.start()

    async def _next(self) -> Changes:
        return await asyncio.wait_for(self._seen.get(), PATIENCE)

    async def _stop(self) -> None:
        self.watcher.stop()


@contextmanager
def watching(root: Path, **options: object) -> Iterator[Watch]:
    watch = Watch(root, **options)
    try:
        yield watch
    finally:
        watch.stop()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's folder with one app."""
    (tmp_path / "project" / "app").mkdir(parents=True)
    (tmp_path / "project" / "app" / "tasks.py").write_text("x = 0\n")
    return tmp_path / "project"


@pytest.fixture
def without_privileges() -> Iterator[Path]:
    """A folder of a user to whom permissions apply, as they do not to root; be that user."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        if user == 0:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(user)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than twice a second, as most tests wait for a look or two."""
    monkeypatch.setattr(watcher_module, "_INTERVAL", 0.05)


both_ways = pytest.mark.parametrize("poll", [False, True], ids=["events", "poll"])


@both_ways
def test_a_package_that_is_installed_asks_for_a_fresh_zygote(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    (packages := tmp_path / "site-packages").mkdir()
    with watching(root, packages=packages, poll=poll) as watch:
        (packages / "module.py").write_text("")
        (packages / "thing-1.0.dist-info").mkdir()
        changes = watch.next_change()
    assert changes.packages
    assert changes.paths == {packages / "thing-1.0.dist-info"}


def test_an_environment_that_is_made_anew_asks_for_a_fresh_zygote(
    root: Path, tmp_path: Path
) -> None:
    packages = tmp_path / "venv" / "site-packages"
    (packages / "old-1.0.dist-info").mkdir(parents=True)
    with watching(root, packages=packages) as watch:
        shutil.rmtree(packages.parent)
        (packages / "new-1.0.dist-info").mkdir(parents=True)
        paths: set[Path] = set()
        while packages / "new-1.0.dist-info" not in paths:
            changes = watch.next_change()
            assert changes.packages
            paths |= changes.paths


# Files and folders that come and go


def test_files_that_come_with_a_new_folder_count(root: Path, tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "module.py").write_text("x = 1\n")
    with watching(root) as watch:
        (tmp_path / "built").rename(root / "other")
        assert watch.changed() == {"other/module.py"}


def test_folders_that_come_and_go_do_not_end_the_watching(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with watching(root) as watch:
        for _ in range(300):
            (root / "x" / "deeper").mkdir(parents=True)
            shutil.rmtree(root / "x")
        assert watch.changed_besides(root / "app" / "tasks.py") == set()
    assert capsys.readouterr().out == ""


@both_ways
def test_a_switch_to_a_branch_with_more_apps_and_back(
    root: Path, capsys: pytest.CaptureFixture[str], *, poll: bool
) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "-m", "One app")
    git("checkout", "-b", "more")
    for number in range(20):
        (root / f"app{number}" / "migrations").mkdir(parents=True)
        (root / f"app{number}" / "migrations" / "first.py").write_text("")
        (root / f"app{number}" / "tasks.py").write_text(f"x = {number}\n")
    git("add", ".")
    git("commit", "-m", "More apps")
    more = {
        name
        for number in range(20)
        for name in (f"app{number}/tasks.py", f"app{number}/migrations/first.py")
    }
    with watching(root, poll=poll) as watch:
        for _ in range(3):
            for branch in ("main", "more"):
                git("checkout", branch)
                seen: set[str] = set()
                while seen != more:
                    seen |= watch.changed()
                    assert seen <= more
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_made_anew_is_watched_again(root: Path) -> None:
    with watching(root) as watch:
        for number in range(5):
            shutil.rmtree(root / "app")
            (root / "app").mkdir()
            watch.changed_until(root / "app" / f"module{number}.py")
            assert watch.changed_besides(root / "app" / "tasks.py") <= {
                f"app/module{gone}.py" for gone in range(number + 1)
            }


@both_ways
def test_a_folder_that_is_renamed_and_what_is_saved_in_it_later(root: Path, *, poll: bool) -> None:
    with watching(root, poll=poll) as watch:
        (root / "app").rename(root / "renamed")
        seen: set[str] = set()
        while seen != {"app/tasks.py", "renamed/tasks.py"}:
            seen |= watch.changed()
        assert watch.changed_besides(root / "renamed" / "tasks.py") == set()


@both_ways
def test_a_folder_that_is_moved_out_and_in_again(root: Path, tmp_path: Path, *, poll: bool) -> None:
    with watching(root, poll=poll) as watch:
        (root / "app").rename(tmp_path / "outside")
        assert watch.changed() == {"app/tasks.py"}
        (tmp_path / "outside" / "tasks.py").write_text("x = 'edited outside'\n")
        (tmp_path / "outside").rename(root / "app")
        assert watch.changed() == {"app/tasks.py"}
        assert watch.changed_besides(root / "app" / "tasks.py") == set()


@both_ways
def test_an_empty_file_that_is_moved_in_counts(root: Path, tmp_path: Path, *, poll: bool) -> None:
    (tmp_path / "__init__.py").touch()
    with watching(root, poll=poll) as watch:
        (tmp_path / "__init__.py").rename(root / "app" / "__init__.py")
        assert watch.changed() == {"app/__init__.py"}


def test_a_file_whose_name_is_no_text_counts_and_harms_nothing(root: Path) -> None:
    with watching(root) as watch:
        (root / "app" / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
        assert watch.changed() == {os.fsdecode(b"app/caf\xe9.py")}
        assert watch.changed_besides(root / "app" / "tasks.py") == set()


def test_a_file_that_is_written_all_the_time_counts_all_the_same(root: Path) -> None:
    async def write(watch: Watch) -> None:
        for number in range(10**6):
            (root / "module.py").write_text(f"x = {number}\n")
            await asyncio.sleep(0)
            if not watch._seen.empty():
                return

    with watching(root) as watch:
        watch._loop.run(write(watch))
        assert watch.changed() == {"module.py"}


@both_ways
def test_the_project_s_folder_is_away_for_a_while(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, poll: bool
) -> None:
    with watching(root, poll=poll) as watch:
        root.rename(tmp_path / "away")
        said: list[str] = []

        def is_said() -> bool:
            said.append(capsys.readouterr().out)
            return "is gone" in "".join(said)

        watch.until(is_said)
        (tmp_path / "away" / "app" / "tasks.py").write_text("x = 'edited while it was away'\n")
        (tmp_path / "away").rename(root)
        seen: set[str] = set()
        while "app/tasks.py" not in seen:
            seen |= watch.changed()
        assert watch.changed_besides(root / "app" / "tasks.py") <= {"app/tasks.py"}


@both_ways
def test_another_folder_in_the_place_of_the_project_s(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    shutil.copytree(root, tmp_path / "clone")
    (tmp_path / "clone" / "app" / "tasks.py").write_text("x = 'another clone'\n")
    with watching(root, poll=poll) as watch:
        root.rename(tmp_path / "old")
        (tmp_path / "clone").rename(root)
        assert watch.changed() == {"app/tasks.py"}
        assert watch.changed_besides(root / "app" / "more.py") == set()


# Links


@pytest.fixture
def linked(root: Path, tmp_path: Path) -> Path:
    """A file elsewhere to which the project's `app/linked.py` leads."""
    (tmp_path / "elsewhere").mkdir()
    (target := tmp_path / "elsewhere" / "shared.py").write_text("x = 0\n")
    (root / "app" / "linked.py").symlink_to(target)
    return target


@both_ways
def test_edits_of_a_file_that_a_link_leads_to_count(
    root: Path, linked: Path, *, poll: bool
) -> None:
    with watching(root, poll=poll) as watch:
        linked.write_text("x = 'edited in place'\n")
        assert watch.changed() == {"app/linked.py"}
        for number in range(2):
            (new := linked.with_name("new")).write_text(f"x = 'replaced {number}'\n")
            new.replace(linked)
            assert watch.changed() == {"app/linked.py"}
        (linked.parent / "another.py").write_text("x = 1\n")
        assert watch.changed_besides(root / "app" / "tasks.py") == set()


@both_ways
def test_an_environment_file_may_be_a_link(root: Path, tmp_path: Path, *, poll: bool) -> None:
    (tmp_path / "shared.env").write_text("DEBUG=on\n")
    (root / ".env").symlink_to("../shared.env")
    with watching(root, poll=poll) as watch:
        (tmp_path / "shared.env").write_text("DEBUG=off\n")
        assert watch.changed() == {".env"}


@both_ways
def test_a_link_on_the_way_may_lead_elsewhere(root: Path, tmp_path: Path, *, poll: bool) -> None:
    """As in a volume of Kubernetes, or a folder of releases."""
    for number in (1, 2):
        (tmp_path / f"release{number}").mkdir()
        (tmp_path / f"release{number}" / "shared.py").write_text(f"x = 'release {number}'\n")
    (tmp_path / "current").symlink_to("release1")
    (root / "app" / "linked.py").symlink_to("../../current/shared.py")
    with watching(root, poll=poll) as watch:
        (tmp_path / "next").symlink_to("release2")
        (tmp_path / "next").replace(tmp_path / "current")
        assert watch.changed() == {"app/linked.py"}
        (tmp_path / "release2" / "shared.py").write_text("x = 'edited'\n")
        assert watch.changed() == {"app/linked.py"}


@both_ways
def test_a_link_that_is_replaced(root: Path, linked: Path, *, poll: bool) -> None:
    (linked.parent / "other.py").write_text("x = 'the other'\n")
    with watching(root, poll=poll) as watch:
        (root / "app" / "linked.py").unlink()
        (root / "app" / "linked.py").symlink_to(linked.parent / "other.py")
        assert watch.changed() == {"app/linked.py"}
        (linked.parent / "other.py").write_text("x = 'edited'\n")
        assert watch.changed() == {"app/linked.py"}


@both_ways
def test_a_link_to_a_file_that_is_yet_to_come(root: Path, linked: Path, *, poll: bool) -> None:
    linked.unlink()
    with watching(root, poll=poll) as watch:
        linked.write_text("x = 'there now'\n")
        assert watch.changed() == {"app/linked.py"}


@both_ways
def test_a_link_to_a_folder_that_leads_to_another_one(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    for number in (1, 2):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "module.py").write_text(f"x = 'version {number}'\n")
    (root / "linked").symlink_to(tmp_path / "v1")
    with watching(root, poll=poll) as watch:
        (root / "linked").unlink()
        (root / "linked").symlink_to(tmp_path / "v2")
        assert watch.changed() == {"linked/module.py"}
        (tmp_path / "v2" / "module.py").write_text("x = 'edited'\n")
        assert watch.changed() == {"linked/module.py"}
        (tmp_path / "v2").rename(tmp_path / "v2.old")
        (tmp_path / "v1").rename(tmp_path / "v2")
        assert watch.changed() == {"linked/module.py"}
        (tmp_path / "v2" / "module.py").write_text("x = 'edited again'\n")
        assert watch.changed() == {"linked/module.py"}


@both_ways
def test_links_that_go_round_in_circles(root: Path, tmp_path: Path, *, poll: bool) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "again").symlink_to(tmp_path / "outside")
    (root / "above").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "self.py").symlink_to("self.py")
    with watching(root, poll=poll) as watch:
        (root / "app" / "tasks.py").write_text("x = 1\n")
        assert "app/tasks.py" in watch.changed()


@both_ways
def test_a_file_that_is_to_be_watched_and_is_yet_to_come(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    with watching(root, extra=[tmp_path / "prices.csv"], poll=poll) as watch:
        (tmp_path / "other.csv").write_text("1")
        (tmp_path / "prices.csv").write_text("1")
        assert watch.changed() == {"../prices.csv"}
        (tmp_path / "prices.csv").unlink()
        assert watch.changed() == {"../prices.csv"}


@both_ways
def test_a_folder_that_is_to_be_watched_and_is_yet_to_come(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    with watching(root, extra=[tmp_path / "data"], poll=poll) as watch:
        for _ in range(2):
            (tmp_path / "data").mkdir()
            (tmp_path / "data" / "prices.csv").write_text("1")
            assert watch.changed() == {"../data/prices.csv"}
            shutil.rmtree(tmp_path / "data")
            assert watch.changed() == {"../data/prices.csv"}


@both_ways
def test_a_folder_beside_the_project_s_that_is_made_anew(
    root: Path, tmp_path: Path, *, poll: bool
) -> None:
    (extra := tmp_path / "data").mkdir()
    with watching(root, extra=[extra], poll=poll) as watch:
        extra.rmdir()
        extra.mkdir()
        (extra / "prices.csv").write_text("1")
        assert watch.changed() == {"../data/prices.csv"}
        (extra / "prices.csv").write_text("22")
        assert watch.changed() == {"../data/prices.csv"}


# Permissions and limits


@both_ways
def test_a_folder_that_is_forbidden_is_passed_over(without_privileges: Path, *, poll: bool) -> None:
    root = without_privileges
    (root / "pgdata").mkdir(mode=0)
    (root / "linked").symlink_to(root / "pgdata" / "base")
    with watching(root, poll=poll) as watch:
        (root / "later").mkdir()
        (root / "later" / "module.py").write_text("x = 1\n")
        (root / "later").chmod(0)
        assert watch.changed_besides(root / "tasks.py") <= {"later/module.py"}
        (root / "later").chmod(0o700)
        seen = {"later/module.py"} if poll else watch.changed()
        assert seen == {"later/module.py"}
        assert watch.changed_besides(root / "later" / "module.py") == set()
        (root / "pgdata").chmod(0o700)


def no_watch_left(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "inotify watch limit reached")


@pytest.mark.parametrize("when", ["at the start", "while running"])
def test_the_limit_of_watches_is_no_error_but_a_reason_to_poll(
    when: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system's limit is for all users of the machine, so the test stands in for it."""
    if when == "at the start":
        monkeypatch.setattr(BaseObserver, "schedule", no_watch_left)
    with watching(root) as watch:
        monkeypatch.setattr(BaseObserver, "schedule", no_watch_left)
        (root / "more").mkdir()
        (root / "more" / "module.py").write_text("x = 1\n")
        assert watch.changed() == {"more/module.py"}
        assert watch.watcher.polls
        assert watch.changed_besides(root / "app" / "tasks.py") == set()
    assert capsys.readouterr().out.count("sysctl") == 1


# What ends all the same


def end_the_observer(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    observation = watch.watcher._observation
    assert observation is not None
    observation._observer.event_queue.put("no event")
    observation._observer.join(PATIENCE)


def reader() -> Any:
    """Return the class of watchdog that reads events, which version 7 brought; skip without it."""
    kind = getattr(inotify_c, "InotifyFD", None)
    if kind is None:
        pytest.skip("This watchdog has another reader.")
    return kind


def end_the_reader(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = fail_once(monkeypatch, reader(), "handle_event")
    (watch.root / "app" / "ignored.txt").write_text("")
    assert ended.wait(PATIENCE)


def end_an_emitter(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = fail_once(monkeypatch, EventEmitter, "queue_event")
    (watch.root / "app" / "ignored.txt").write_text("")
    assert ended.wait(PATIENCE)


def fail_in_a_step(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, Tree, "known")


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> threading.Event:
    """Have a method raise at its next call, and return the event of that call."""
    failed = threading.Event()
    original = getattr(owner, name)

    def method(*arguments: object) -> object:
        if not failed.is_set():
            failed.set()
            raise ValueError("not foreseen")
        return original(*arguments)

    monkeypatch.setattr(owner, name, method)
    return failed


ends = pytest.mark.parametrize(
    "end", [end_the_observer, end_the_reader, end_an_emitter, fail_in_a_step]
)
# What ends a thread is printed by Python; pytest counts it as a warning.
threads_end = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@threads_end
@ends
def test_a_watching_that_ends_is_begun_anew_and_nothing_is_missed(
    end: Callable[[Watch, pytest.MonkeyPatch], None],
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said: list[str] = []

    def is_said() -> bool:
        said.append(capsys.readouterr().out)
        return "started again" in "".join(said)

    with watching(root) as watch:
        end(watch, monkeypatch)
        # Nobody watches now.
        (root / "app" / "tasks.py").write_text("x = 'saved meanwhile'\n")
        (root / "more").mkdir()
        (root / "more" / "module.py").write_text("x = 1\n")
        seen: set[str] = set()
        while seen != {"app/tasks.py", "more/module.py"}:
            seen |= watch.changed()
        watch.until(is_said)
        for path in (root / "app" / "tasks.py", root / "more" / "module.py"):
            assert watch.changed_besides(path) == set()
        assert not watch.watcher.polls
    assert "".join(said).count("File watching stopped") == 1


@threads_end
def test_a_watching_that_ends_again_and_again_polls(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with watching(root) as watch:
        while not watch.watcher.polls:
            before = watch.watcher._observation
            end_the_observer(watch, monkeypatch)
            watch.until(lambda before=before: watch.watcher._observation is not before)  # type: ignore[misc]
        assert watch.changed_besides(root / "app" / "tasks.py") == set()
    assert "twice a second instead" in capsys.readouterr().out


def test_a_look_that_fails_is_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with watching(root, poll=True) as watch:
        failed = fail_once(monkeypatch, Tree, "look")
        (root / "app" / "tasks.py").write_text("x = 1\n")
        assert watch.changed() == {"app/tasks.py"}
        assert failed.is_set()
    assert capsys.readouterr().out.count("cannot be checked") == 1


def test_events_that_the_system_throws_away_are_made_up_for(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    busy, go_on = threading.Event(), threading.Event()
    kind = reader()
    original = kind.handle_event

    def wait(reading: Any, event: Any) -> None:
        busy.set()
        go_on.wait(PATIENCE)
        original(reading, event)

    monkeypatch.setattr(kind, "handle_event", wait)
    with watching(root) as watch:
        (root / "app" / "a.txt").write_text("")
        assert busy.wait(PATIENCE)
        # Two files in turn: the system makes one of the same event twice in a row.
        for _ in range(most // 2 + 1):
            (root / "app" / "a.txt").write_text("")
            (root / "app" / "b.txt").write_text("")
        (root / "app" / "tasks.py").write_text("x = 'its event is thrown away'\n")
        (root / "more").mkdir()
        go_on.set()
        assert watch.changed() == {"app/tasks.py"}
        assert watch.changed_besides(root / "more" / "module.py") == set()
    assert capsys.readouterr().out == ""


# What others leave beside a file


@pytest.mark.parametrize(
    "name",
    [
        *("page.html___jb_tmp___", "page.html___jb_old___", "page.html___jb_bak___"),
        *(".DS_Store", "._page.html", "Thumbs.db", "desktop.ini", ".nfs000000000001"),
        *("page.html.bck", "page.html.bak", "page.html.orig", "page.html.rej", "page.html.tmp"),
        *(".page.html.swp", ".page.html.swx", "page.html.swp", "page.html.swo", "4913"),
        *("page.html~", "#page.html#", ".#page.html", "page.html.~1~", ".page.html.kate-swp"),
        *(".goutputstream-AB12CD", ".subl1a2.tmp", "page.html.vsctmp", ".page.html.kak.Ab12Cd"),
        "page.html.sb-1a2b3c4d-AbCdEf",
    ],
)
def test_what_editors_leave_beside_a_template_does_not_count(name: str) -> None:
    file_filter = FileFilter(Path("/project"))
    assert not file_filter.counts(Path("/project/app/templates") / name)
    assert not file_filter.counts(Path("/project/app/templates/app/deeper") / name)


@pytest.mark.parametrize("name", ["page.html", "404.html", "mail.txt", "page.jinja2", "404"])
def test_a_template_counts_whatever_its_name(name: str) -> None:
    assert FileFilter(Path("/project")).counts(Path("/project/app/templates") / name)


def test_a_file_counts_that_somebody_wants_to_be_watched_whatever_its_name() -> None:
    file_filter = FileFilter(Path("/project"), extra=[Path("/data/prices.bak")])
    assert file_filter.counts(Path("/data/prices.bak"))


def with_sed(path: Path) -> None:
    subprocess.run(["sed", "-i", "s/0/1/", path], check=True)


def with_a_random_name(path: Path) -> None:
    """As KDE's editors, rsync and many libraries do."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as temporary:
        temporary.write("saved")
    Path(temporary.name).replace(path)


def with_a_backup(path: Path) -> None:
    """As Helix does, but for the name."""
    path.rename(path.with_name("backup-1234"))
    path.write_text("saved")
    path.with_name("backup-1234").unlink()


@pytest.mark.parametrize("save", [with_sed, with_a_random_name, with_a_backup])
def test_a_file_that_is_there_only_while_another_is_saved_does_not_count(
    save: Callable[[Path], None], root: Path
) -> None:
    (root / "templates").mkdir()
    (page := root / "templates" / "page.html").write_text("0")
    with watching(root) as watch:
        save(page)
        assert watch.changed() == {"templates/page.html"}
        assert watch.changed_besides(root / "app" / "tasks.py") == set()
