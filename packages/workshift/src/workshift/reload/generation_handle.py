"""Holds a generation for the supervisor: its channel, its process, and how far it has come."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .batch import Changes
from .channel import Channel, ChannelClosedError
from .events import HungUp, Misunderstood, Said
from .messages import Message, MessageError


@dataclass(eq=False)
class GenerationHandle:
    """A generation as the supervisor sees it."""

    number: int
    channel: Channel
    changes: Changes | None  # what it was started for; None: the start, or a death
    tasks_before: Collection[str]
    post: Callable[[Said | Misunderstood | HungUp], None]
    started_at: float = field(default_factory=time.monotonic)
    pid: int | None = None
    serves: bool = False  # it is ready, or answers that the code does not load
    stands_in: bool = False  # for code that has ended its process
    retired: bool = False
    inherited: bool = False  # it has got the notes of earlier ones, and takes new ones
    was_busy: bool = False  # it was running tasks when it began to retire, and ends with the last

    def listen(self) -> None:
        """Post what the generation says from now on; must be called in the running event loop."""
        asyncio.get_running_loop().add_reader(self.channel, self.read)

    def read(self) -> None:
        """Post what the generation has said, if it has said anything."""
        if not self.channel.readable():
            return
        try:
            received = self.channel.receive()
        except ChannelClosedError:
            asyncio.get_running_loop().remove_reader(self.channel)
            self.post(HungUp(self))
        except MessageError as error:
            self.post(Misunderstood(self, error))
        else:
            for message in received:
                self.post(Said(self, message))

    def tell(self, message: Message) -> None:
        """Send a message; if the generation is gone, its end is what comes next."""
        self.channel.send_unless_closed(message)

    def kill(self) -> None:
        """Kill the generation, and its group if it leads one."""
        if self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the channel."""
        asyncio.get_running_loop().remove_reader(self.channel)
        self.channel.close()
