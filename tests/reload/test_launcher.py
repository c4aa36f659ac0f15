"""The zygote and its replacement, with a real worker."""

import asyncio
import os
import socket

from django_celery.reload.channel import Channel
from django_celery.reload.launcher import ZygoteLauncher
from tests.reload.project import PATIENCE, Project


def test_a_renewed_zygote_leaves_its_generations_alone(project: Project) -> None:
    """As after `uv sync`: what runs on the old packages goes on until it has retired."""
    project.write(
        "stand_in.py",
        "import socket\n\ndef main(control, number, arguments):\n"
        "    socket.socket(fileno=control).recv(1)  # Until the supervisor closes its end.\n",
    )

    async def renew() -> tuple[list[int], list[int]]:
        started: asyncio.Queue[int] = asyncio.Queue()
        ended: asyncio.Queue[int] = asyncio.Queue()
        launcher = ZygoteLauncher(
            [],
            project.folder,
            lambda _, pid: started.put_nowait(pid),
            lambda pid, _: ended.put_nowait(pid),
            own_group=True,
            module="stand_in",
        )
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
