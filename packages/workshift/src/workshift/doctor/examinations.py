"""Everything that the doctor looks at, in this order, and how an examination is carried out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from django.utils.module_loading import import_string

from ..env import InvalidEnvironment
from .context import Context
from .findings import Finding, Findings, Level, note, problem


class Examination(NamedTuple):
    """Something to look at: its name for the user, and the function in this package that looks.

    The function gets the context and yields findings. It is named, not imported: most of them
    can be imported only when the settings are known to be sound. After a problem with something
    `vital`, the rest cannot be looked at.
    """

    what: str
    function: str
    vital: bool = False


EXAMINATIONS = (
    Examination("Python", "python.interpreter"),
    Examination("PYTHONPATH", "python.hidden"),
    Examination("the packages", "python.packages"),
    Examination(".env", "dotenv.dotenv", vital=True),
    Examination("the code", "code.loads", vital=True),
    Examination("the folder", "folder.usable", vital=True),
    Examination("who can read what is stored", "folder.readable"),
    Examination("Django's system checks", "code.checks"),
    Examination("the ports", "ports.ports"),
    Examination("left-over processes", "processes.left_over"),
    Examination("the models", "database.models"),
    Examination("the database", "database.migrations"),
    Examination("Redis", "broker.answers"),
    Examination("what Redis throws out", "broker.eviction"),
    Examination("what Redis keeps", "broker.persistence"),
    Examination("the workers", "workers.alive"),
    Examination("the workers' tasks", "workers.tasks"),
    Examination("the queues", "queues.waiting"),
    Examination("the queues' workers", "queues.unserved"),
    Examination("unacknowledged tasks", "queues.unacknowledged"),
    Examination("the beat", "beat.alive"),
    Examination("durable tasks", "durable.rows"),
)

# Seconds that an examination may take. All of them together take two or three.
DEADLINE = 5


class TooLongError(BaseException):
    """An examination has reached its deadline.

    Not an Exception, so that no library takes it for an error that it may retry.
    """


def examine(context: Context) -> Findings:
    """Carry out all examinations, and yield what each finds as soon as it is done."""
    for examination in EXAMINATIONS:
        findings = carry_out(examination, context)
        yield from findings
        if examination.vital and any(one.level is Level.PROBLEM for one in findings):
            yield note("The rest can be looked at once this is mended.")
            return


def carry_out(examination: Examination, context: Context) -> list[Finding]:
    """Return what the examination finds; that it fails or takes too long is a finding as well."""
    findings: list[Finding] = []
    try:
        with deadline():
            look = import_string(f"{__package__}.{examination.function}")
            findings.extend(look(context))
    except TooLongError:
        findings.append(
            problem(
                f"Looking at {examination.what} took longer than {DEADLINE} s.",
                "Something that it asks does not answer; what it found until then is above.",
            )
        )
    except InvalidEnvironment as error:
        findings.append(problem(str(error), "Then run this again."))
    except Exception as error:  # noqa: BLE001 - a doctor that fails at one thing looks at the next.
        if isinstance(error, ModuleNotFoundError) and error.name == "psutil":
            missing = "psutil, which only development installs, is not there"
            findings.append(note(f"{examination.what.capitalize()}: not looked at, as {missing}."))
        else:
            reason = f"{type(error).__name__}: {error}"
            findings.append(
                problem(
                    f"Looking at {examination.what} failed with {reason}.",
                    f"The code is {examination.function} in the package {__package__}.",
                )
            )
    return findings


@contextmanager
def deadline() -> Iterator[None]:
    """Raise TooLongError in the block when it takes longer than `DEADLINE` seconds."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
