"""Defines what can happen to the supervisor: its loop takes these events one by one.

The watcher posts `Changes`, the launcher those messages of the zygote and of snapshots that are not for it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .batch import Changes
from .messages import Message, MessageError

if TYPE_CHECKING:
    from .generation_handle import GenerationHandle


# From the launcher.


@dataclass(frozen=True)
class PreloadFailed:
    """The zygote was of no use, and ended with this exit code."""

    code: int


@dataclass(frozen=True)
class NoSnapshot:
    """No snapshot can be made of the code as it is."""


@dataclass(frozen=True)
class ZygoteMisunderstood:
    """The zygote has sent what is no message."""

    error: MessageError


# From a generation.


@dataclass(frozen=True)
class Said:
    """A generation has sent a message."""

    generation: "GenerationHandle"
    message: Message


@dataclass(frozen=True)
class Misunderstood:
    """A generation has sent what is no message."""

    generation: "GenerationHandle"
    error: MessageError


@dataclass(frozen=True)
class HungUp:
    """A generation's end of the channel is closed, as it is when its process has ended."""

    generation: "GenerationHandle"


@dataclass(frozen=True)
class Gone:
    """A generation has ended, and all that it has said has been heard."""

    generation: "GenerationHandle"
    code: int | None  # None: it is not known


# From signals and timers.


@dataclass(frozen=True)
class StopRequested:
    """The command is to end."""


@dataclass(frozen=True)
class GraceOver:
    """Running tasks have had their time to finish."""


@dataclass(frozen=True)
class HardStopOver:
    """The generations have had their time to give their tasks back."""


@dataclass(frozen=True)
class BootGraceOver:
    """A generation that was retired before it was ready has had its time to boot."""

    generation: "GenerationHandle"


@dataclass(frozen=True)
class BootIsLong:
    """A generation has been booting for so long that it should be said why."""

    generation: "GenerationHandle"


@dataclass(frozen=True)
class OverlapOver:
    """The retired generations before this one have answered remote control for long enough."""

    number: int


@dataclass(frozen=True)
class PauseOver:
    """The dead generation of this number is to be replaced, if nothing else has been."""

    number: int


Event = (
    Changes
    | Message
    | NoSnapshot
    | PreloadFailed
    | ZygoteMisunderstood
    | Said
    | Misunderstood
    | HungUp
    | Gone
    | StopRequested
    | GraceOver
    | HardStopOver
    | BootGraceOver
    | BootIsLong
    | OverlapOver
    | PauseOver
)
