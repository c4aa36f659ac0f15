"""Monitors, such as Flower, see what runs and what is gone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.reload.project import Project, eventually

SETTINGS = "\nCELERY_WORKER_SEND_TASK_EVENTS = True\n"

Seen = Callable[[str, str], bool]


@contextmanager
def monitor(project: Project) -> Iterator[Seen]:
    """Listen as a monitor does; what is given tells whether an event has come from a worker."""
    events: list[dict[str, Any]] = []
    with project.app.connection() as connection:
        receiver: Any = project.app.events.Receiver(connection, handlers={"*": events.append})
        with receiver.consumer_context():

            def listen() -> None:
                receiver.capture(limit=None, timeout=None, wakeup=False)

            thread = threading.Thread(target=listen, daemon=True)
            thread.start()
            yield lambda kind, worker: any(
                event["type"] == kind and event["hostname"].startswith(worker) for event in events
            )
            receiver.should_stop = True
            thread.join()


@pytest.mark.parametrize(("option", "settings"), [("-E", ""), ("-c2", SETTINGS)])
def test_each_generation_says_that_it_is_there_and_that_it_goes(
    project: Project, option: str, settings: str
) -> None:
    path = "mysite/settings.py"
    project.write(path, project.read(path) + settings)
    with monitor(project) as seen:
        with project.worker(option) as worker:
            eventually(lambda: seen("worker-heartbeat", "generation-1."), "the first one is seen")
            running = project.send(1, wait_for="go")
            # The sweep at its start is a task, too.
            eventually(lambda: (1, 0) in project.noted("began"), "it runs")
            eventually(lambda: seen("task-started", "generation-1."), "its task is seen")
            project.save_version(1)
            worker.wait_for("Reloaded in")
            eventually(lambda: seen("worker-online", "generation-2."), "the second one is seen")
            assert not seen("worker-offline", "generation-1.")
            project.probe.rpush("go", "")
            assert running.get(timeout=60) == 0
            eventually(lambda: seen("task-succeeded", "generation-1."), "its end is seen")
            eventually(lambda: seen("worker-offline", "generation-1."), "the first one goes")
            # What still runs at the end is given back, by a harder stop.
            project.send(2, wait_for="never")
            eventually(lambda: (2, 1) in project.noted("began"), "it runs")
            eventually(lambda: seen("task-started", "generation-2."), "its task is seen")
        eventually(lambda: seen("worker-offline", "generation-2."), "the second one goes")
