"""Periodic tasks in development: once each, also across reloads, and a new schedule is live."""

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import crontab

from tests.reload.project import Project, eventually
from workshift.worker import last_runs
from workshift.worker.beat import Beat

SCHEDULE = """
CELERY_BEAT_SCHEDULE = {{
    "every": {{"task": "probe.tasks.record", "schedule": {seconds}, "args": [{number}]}},
}}
"""


def schedule(project: Project, settings: str, *, seconds: float, number: int) -> None:
    project.write("mysite/settings.py", settings + SCHEDULE.format(seconds=seconds, number=number))


def test_an_entry_runs_and_an_edited_schedule_is_live(project: Project) -> None:
    settings = project.read("mysite/settings.py")
    schedule(project, settings, seconds=0.2, number=1)
    with project.worker() as worker:
        eventually(lambda: (1, 0) in project.noted("ended"), "the entry runs")
        schedule(project, settings, seconds=0.2, number=2)
        worker.wait_for("Reloaded in")
        eventually(lambda: (2, 0) in project.noted("ended"), "the edited entry runs")
        number = len(project.noted("began"))
        eventually(lambda: len(project.noted("began")) > number + 3, "it goes on")
        assert {n for n, _ in project.noted("began")[number + 1 :]} == {2}


def test_a_reload_neither_repeats_nor_forgets_when_an_entry_ran_last(project: Project) -> None:
    schedule(project, project.read("mysite/settings.py"), seconds=3600, number=1)
    with project.worker() as worker:
        # The first run of an entry is one interval after it became known.
        eventually((project.folder / ".run/beat.json").exists, "the beat keeps its times")
        state = project.read(".run/beat.json")
        for version in (1, 2, 3):
            project.save_version(version)
            worker.wait_for("Reloaded in")
        assert project.read(".run/beat.json") == state
        assert project.noted("began") == []


class Hub:
    """Stands in for kombu's loop, and remembers what it was asked to call and after how long."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self._callback: Callable[[], None] | None = None

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        assert self._callback is None
        self.delays.append(delay)
        self._callback = callback

    def turn(self) -> None:
        """Call what was asked for, after the time that was asked for."""
        callback, self._callback = self._callback, None
        assert callback, "The beat has asked for no further tick."
        time.sleep(max(0, self.delays[-1]))
        callback()


@pytest.fixture
def app() -> Celery:
    app = Celery("tests", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"every": {"task": "tests.nothing", "schedule": 0.05}}
    return app


def times_sent(folder: Path) -> int:
    return last_runs.read(folder / "beat.json")["every"][1]


def test_it_never_asks_the_loop_for_a_tick_at_once(app: Celery, tmp_path: Path) -> None:
    """Ten of those in a row, and kombu's loop sleeps up to a second."""
    hub = Hub()
    Beat(app, hub, tmp_path).start()
    while times_sent(tmp_path) < 5:
        hub.turn()
    assert min(hub.delays) > 0


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b'{"every": ["2026-01-0',
        b"[]",
        b"7",
        b'"every"',
        b"null",
        b"\0" * 64,
        b"\xff\xfe{\0}\0",
        b'{"every": "ab"}',
        b'{"every": 3}',
        b'{"every": [0, 0]}',
        b'{"every": ["yesterday", 0]}',
        b'{"every": ["2026-01-01T00:00:00+00:00", "many"]}',
        b'{"every": ["0001-01-01T00:00:00+00:00", 1]}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_counts_as_none(
    app: Celery, tmp_path: Path, caplog: pytest.LogCaptureFixture, state: bytes
) -> None:
    (tmp_path / "beat.json").write_bytes(state)
    hub = Hub()
    Beat(app, hub, tmp_path).start()
    while times_sent(tmp_path) < 2:
        hub.turn()
    [line] = [record for record in caplog.records if record.levelname != "INFO"]
    assert f"{tmp_path / 'beat.json'} cannot be read" in line.getMessage()
    assert "Traceback" not in caplog.text


def last_run(folder: Path) -> datetime.datetime:
    return last_runs.read(folder / "beat.json")["every"][0]


@pytest.mark.parametrize("ahead", [{"minutes": 2}, {"days": 1}, {"days": 10_000}])
@pytest.mark.parametrize("zone", [datetime.UTC, None])
@pytest.mark.parametrize("every", [datetime.timedelta(seconds=0.05), crontab()])
def test_a_run_in_the_future_counts_as_one_that_was_now(
    app: Celery, tmp_path: Path, every: Any, ahead: dict[str, int], zone: datetime.tzinfo | None
) -> None:
    app.conf.beat_schedule["every"]["schedule"] = every
    now = datetime.datetime.now(datetime.UTC)
    future = (now + datetime.timedelta(**ahead)).replace(tzinfo=zone)
    last_runs.write(tmp_path / "beat.json", {"every": (future, 7)})
    hub = Hub()
    Beat(app, hub, tmp_path).start()
    assert now <= last_run(tmp_path) <= datetime.datetime.now(datetime.UTC)


def test_a_clock_that_goes_back_stops_nothing(app: Celery, tmp_path: Path) -> None:
    hub = Hub()
    beat = Beat(app, hub, tmp_path)
    beat.start()
    before = times_sent(tmp_path)
    entry: Any = beat._scheduler.schedule["every"]
    entry.last_run_at += datetime.timedelta(days=1)
    beat._scheduler.populate_heap()
    while times_sent(tmp_path) < before + 2:
        hub.turn()


def test_a_run_is_in_the_zone_of_the_schedule_again(app: Celery, tmp_path: Path) -> None:
    """A fixed offset would shift the next day's run where clocks change in the night."""
    app.conf.update(timezone="Europe/Berlin")
    last_runs.write(
        tmp_path / "beat.json",
        {"every": (datetime.datetime.fromisoformat("2026-03-28T06:00:00+01:00"), 1)},
    )
    beat = Beat(app, Hub(), tmp_path)
    beat._restore()
    entry: Any = beat._scheduler.schedule["every"]
    assert str(entry.last_run_at.tzinfo) == "Europe/Berlin"
    assert entry.last_run_at.isoformat() == "2026-03-28T06:00:00+01:00"


def test_it_goes_on_after_an_error(
    app: Celery, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As when the disk is full."""
    hub = Hub()
    in_the_way = tmp_path / "beat.new"
    in_the_way.mkdir()
    Beat(app, hub, tmp_path).start()
    hub.turn()
    assert "could not send what is due or note" in caplog.text
    in_the_way.rmdir()
    while not (tmp_path / "beat.json").exists() or times_sent(tmp_path) < 2:
        hub.turn()


def test_a_worker_runs_without_its_beat(project: Project) -> None:
    project.write(".run", "")
    with project.starting_worker("--loglevel", "info") as worker:
        worker.wait_for("CELERY_BEAT_SCHEDULE do not run:")
        worker.wait_for("Generation 1 is ready")
        assert project.version() == 0
