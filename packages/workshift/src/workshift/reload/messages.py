"""Defines what the supervisor, the zygote and the generations tell each other.

On the wire a message is one JSON object a line, with the name of its type in it. The zygote loads
this file by its path, so it imports the standard library only.
"""

import json
from dataclasses import dataclass
from typing import Any

# What a process exits with if it does not understand the supervisor (EX_PROTOCOL of sysexits.h).
EX_PROTOCOL = 76

# How much of a line that is no message an error shows: a whole one may hold the environment.
_SHOWN = 60


class MessageError(Exception):
    """A line is no message, or a message has come to somebody whom it is not for."""


@dataclass(frozen=True)
class Message:
    """One of the types below."""


# From the supervisor (the first one to the zygote as well) to a generation.


@dataclass(frozen=True)
class Leave(Message):
    """End when nothing is left to do."""


@dataclass(frozen=True)
class Inherit(Message):
    """Know what earlier generations knew: their tasks, and what remote control has changed."""

    tasks: list[str]
    notes: dict[str, Any]


@dataclass(frozen=True)
class Retire(Message):
    """Take no more tasks."""


@dataclass(frozen=True)
class Stop(Message):
    """Give the running tasks back into the queue and end at once."""


@dataclass(frozen=True)
class Changed(Message):
    """Files that the generation reads anew each time have changed."""

    paths: list[str]


# From a generation to the supervisor, and the first one on to the other generations.


@dataclass(frozen=True)
class Noted(Message):
    """Later generations have to know this, such as what remote control has changed."""

    notes: dict[str, Any]


@dataclass(frozen=True)
class Listening(Message):
    """The generation waits for what it inherits."""


@dataclass(frozen=True)
class Ready(Message):
    """The generation serves; a worker knows these tasks."""

    tasks: list[str]


@dataclass(frozen=True)
class Broken(Message):
    """The code does not load; the generation serves nothing but the error.

    The code is what a generation that serves nothing exits with.
    """

    code: int


@dataclass(frozen=True)
class Loaded(Message):
    """The generation has imported these modules."""

    foreign: dict[str, str | None]  # installed ones, with their files
    own: dict[str, str]  # the project's, with their files, in the order of their imports
    booted: int  # how many of those it had imported before it was ready
    folders: list[str]  # that the project's are in


@dataclass(frozen=True)
class Noticed(Message):
    """Something has to be done by hand; without sentences, nothing has to any more."""

    sentences: list[str]


@dataclass(frozen=True)
class Waiting(Message):
    """Messages wait for tasks that are missing: how many for each."""

    tasks: dict[str, int]


@dataclass(frozen=True)
class Retiring(Message):
    """The generation takes no more tasks or requests, and still runs so many."""

    running: int


@dataclass(frozen=True)
class Stopped(Message):
    """The generation was stopped in its tasks."""

    back: int  # in the queue again
    stuck: int  # not taken back by the broker
    lost: list[str]  # the names of those that had been acknowledged before they ran


@dataclass(frozen=True)
class Unusable(Message):
    """The options of `celery worker` are wrong; the code is what to exit with."""

    code: int


@dataclass(frozen=True)
class ShutDown(Message):
    """Remote control asks for the end of the whole command."""


# From the supervisor to a snapshot, before anything else.


@dataclass(frozen=True)
class Hold(Message):
    """Import this, and be ready to fork generations."""

    kind: str  # the module of the kind of generation
    imports: list[str] | None  # the modules to import; None: what Django's setup imports
    left_out: list[str]  # modules that must not be imported
    abandoned_grace: float  # seconds that generations get once the supervisor is gone


# From a snapshot to the supervisor.


@dataclass(frozen=True)
class Held(Message):
    """The snapshot is ready to fork generations."""

    set_up: bool  # whether it holds what Django's setup imports, and no more
    files: dict[str, str]  # of the project's modules that it holds
    read: dict[str, list[int]]  # files and folders that they have read, with their signatures
    imports: dict[str, list[str]]  # by module, which ones of the project it imports
    left_out: list[str]  # the modules that are left to the generations
    memory: int  # bytes that it does not share


@dataclass(frozen=True)
class Entangled(Message):
    """Modules that are not left out need some that are; the snapshot is not made."""

    imports: dict[str, list[str]]


@dataclass(frozen=True)
class Unfit(Message):
    """The project's import does what processes cannot share, so there is no snapshot of it."""

    module: str  # that does it; empty: not known
    file: str
    does: str


# From the supervisor to the zygote, and `Fork` to snapshots as well.


@dataclass(frozen=True)
class Fork(Message):
    """Fork a generation; its end of the control channel comes with this as a file descriptor."""

    number: int
    arguments: list[str]  # options of `celery worker`
    module: str  # whose main() is the generation
    directory: str
    path: list[str]  # sys.path
    argv: list[str]  # sys.argv
    environment: dict[str, str]
    bytecode: str | None  # the folder for compiled modules; None: beside them
    own_group: bool  # whether it leads a process group
    after_preload: bool = False  # whether it waits until all is imported in advance


@dataclass(frozen=True)
class Preload(Message):
    """Import modules in advance."""

    names: list[str]
    own: list[str]  # the project's modules, which must not be imported
    left_out: dict[str, str]  # what an earlier zygote has left out, and why


# From the zygote to the supervisor.


@dataclass(frozen=True)
class Forked(Message):
    """A generation has its process."""

    number: int
    pid: int


@dataclass(frozen=True)
class Exited(Message):
    """A generation's process has ended."""

    pid: int
    code: int  # negative: killed by this signal


@dataclass(frozen=True)
class LeftOut(Message):
    """These modules are not imported in advance."""

    reasons: dict[str, str]


@dataclass(frozen=True)
class Spoilt(Message):
    """These modules should not have been imported in advance; the zygote is of no use any more."""

    reasons: dict[str, str]


_TYPES = {kind.__name__: kind for kind in Message.__subclasses__()}


def encode(message: Message) -> bytes:
    """Return the line that `decode()` makes an equal message of."""
    return json.dumps({"type": type(message).__name__, **vars(message)}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return the message in a line; raise `MessageError` if there is none that is known here."""
    try:
        fields = json.loads(line)
        return _TYPES[fields.pop("type")](**fields)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MessageError(f"{line[:_SHOWN]!r} is no message that is known here.") from error
