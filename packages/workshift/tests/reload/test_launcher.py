"""The launchers alone, where a whole worker would add nothing."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.reload.project import PATIENCE, Project, children
from workshift.reload.channel import Channel
from workshift.reload.events import PreloadFailed
from workshift.reload.kind import Kind
from workshift.reload.launcher import FreshLauncher, Launcher, ZygoteLauncher
from workshift.reload.messages import EX_PROTOCOL, Exited, Forked
from workshift.reload.snapshots import Snapshots

STAND_IN = """
import socket

def main(control, number, arguments):
    socket.socket(fileno=control).recv(1)  # Until the supervisor closes its end.
"""


Chosen = TypeVar("Chosen", bound=Launcher)


def prepared(
    launcher: type[Chosen],
    project: Project,
    started: Callable[[int], None],
    ended: Callable[[int], None],
) -> Chosen:
    """Return a launcher of stand-ins, which reports their process ids."""
    project.write("packages/workshift/src/workshift/worker/generation.py", STAND_IN)

    def post(event: object) -> None:
        match event:
            case Forked(_, pid):
                started(pid)
            case Exited(pid, _):
                ended(pid)

    return launcher(
        kind=Kind(module="workshift.worker.generation", arguments=[], argv=["worker"]),
        directory=project.folder,
        environment=dict(os.environ),
        post=post,
        own_group=True,
    )


def test_a_renewed_zygote_leaves_its_generations_alone(project: Project) -> None:
    """As after `uv sync`: what runs on the old packages goes on until it has retired."""

    async def renew() -> tuple[list[int], list[int]]:
        started: asyncio.Queue[int] = asyncio.Queue()
        ended: asyncio.Queue[int] = asyncio.Queue()
        launcher = prepared(ZygoteLauncher, project, started.put_nowait, ended.put_nowait)
        launcher.start()
        controls = []
        pids = []
        for number in (1, 2):
            ours, theirs = socket.socketpair()
            controls.append(Channel(ours))
            launcher.launch(number, theirs)
            pids.append(await asyncio.wait_for(started.get(), PATIENCE))
            if number == 1:
                launcher.renew()
        assert os.getpgid(pids[0]) == pids[0]
        assert ended.empty()
        ends = []
        for control in controls:
            control.close()
            ends.append(await asyncio.wait_for(ended.get(), PATIENCE))
        launcher.stop()
        return pids, ends

    pids, ends = asyncio.run(renew())
    assert pids == ends


def test_a_zygote_that_is_dead_when_it_is_renewed_is_replaced_once(project: Project) -> None:
    async def kill_and_renew() -> None:
        started: asyncio.Queue[int] = asyncio.Queue()
        launcher = prepared(ZygoteLauncher, project, started.put_nowait, lambda _: None)
        launcher.start()
        [zygote] = set(children(os.getpid())) - before
        os.kill(zygote, signal.SIGKILL)
        os.waitid(os.P_PID, zygote, os.WEXITED | os.WNOWAIT)
        launcher.renew()
        ours, theirs = socket.socketpair()
        with ours:
            launcher.launch(1, theirs)
            await asyncio.wait_for(started.get(), PATIENCE)
        launcher.stop()

    before = set(children(os.getpid()))
    asyncio.run(kill_and_renew())
    assert set(children(os.getpid())) == before


def test_the_end_of_a_fresh_process_is_noticed_however_many_live(project: Project) -> None:
    async def end_last_then_first() -> tuple[list[int], list[int]]:
        # Which has a thread or two for each core otherwise.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        started: list[int] = []
        ended: asyncio.Queue[int] = asyncio.Queue()
        launcher = prepared(FreshLauncher, project, started.append, ended.put_nowait)
        with contextlib.ExitStack() as controls:
            for number in (1, 2):
                ours, theirs = socket.socketpair()
                controls.enter_context(ours)
                launcher.launch(number, theirs)
            ours.close()
            ends = [await asyncio.wait_for(ended.get(), PATIENCE)]
        return started, [*ends, await asyncio.wait_for(ended.get(), PATIENCE)]

    started, ends = asyncio.run(end_last_then_first())
    assert ends == started[::-1]


def test_a_zygote_that_does_not_understand_is_told_of_and_not_replaced(project: Project) -> None:
    """As when the library has been updated under a running command."""

    async def misunderstand() -> object:
        events: asyncio.Queue[object] = asyncio.Queue()
        launcher = ZygoteLauncher(
            kind=Kind(module="", arguments=[], argv=[]),
            directory=project.folder,
            environment=dict(os.environ),
            post=events.put_nowait,
            own_group=True,
        )
        launcher.start()
        assert launcher._zygote
        launcher._zygote.channel.send(Exited(1, 0))
        event = await asyncio.wait_for(events.get(), PATIENCE)
        launcher.stop()
        return event

    before = set(children(os.getpid()))
    assert asyncio.run(misunderstand()) == PreloadFailed(EX_PROTOCOL)
    assert set(children(os.getpid())) == before


def test_no_snapshot_is_made_once_the_command_stops(project: Project) -> None:
    """What a snapshot has said before its end may be heard after that of the zygote."""

    async def learn_after_stop() -> list[object]:
        forked: list[object] = []
        snapshots = Snapshots(
            project.folder, "workshift.worker.generation", lambda *args: forked.append(args), print
        )
        snapshots.stop()
        snapshots.learn({"probe.tasks": str(project.folder / "probe" / "tasks.py")}, 1)
        return forked

    assert asyncio.run(learn_after_stop()) == []
