"""Lists the doctor's examinations, in order, and runs them."""

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
    """Something to check: its name for the user, and the function in this package that checks it.

    The function gets the context and yields findings. It is named, not imported: most of them
    can be imported only if the settings are valid. After a problem with something `vital`, the rest
    cannot be checked.
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
    Examination("who can read stored data", "folder.readable"),
    Examination("Django's system checks", "code.checks"),
    Examination("the ports", "ports.ports"),
    Examination("left-over processes", "processes.left_over"),
    Examination("the models", "database.models"),
    Examination("the database", "database.migrations"),
    Examination("the broker", "broker.answers"),
    Examination("what Redis evicts", "broker.eviction"),
    Examination("what Redis keeps", "broker.persistence"),
    Examination("the workers", "workers.alive"),
    Examination("the workers' tasks", "workers.tasks"),
    Examination("the queues", "queues.waiting"),
    Examination("the queues' workers", "queues.unserved"),
    Examination("unacknowledged tasks", "queues.unacknowledged"),
    Examination("the beat", "beat.alive"),
    Examination("durable tasks", "durable.rows"),
)

# Seconds that one examination may take. All of them usually take two or three.
DEADLINE = 5


class TooLongError(BaseException):
    """An examination has reached its deadline.

    Not an Exception, so that no library catches and retries it.
    """


def examine(context: Context) -> Findings:
    """Run all examinations, and yield each one's findings as soon as it is done."""
    for examination in EXAMINATIONS:
        findings = carry_out(examination, context)
        yield from findings
        if examination.vital and any(one.level is Level.PROBLEM for one in findings):
            yield note("Fix this first; the rest can be checked afterwards.")
            return


def carry_out(examination: Examination, context: Context) -> list[Finding]:
    """Return what the examination finds; failing or taking too long is a finding as well."""
    findings: list[Finding] = []
    try:
        with deadline():
            look = import_string(f"{__package__}.{examination.function}")
            findings.extend(look(context))
    except TooLongError:
        findings.append(
            problem(
                f"Checking {examination.what} took longer than {DEADLINE} s.",
                "Something does not answer; what was found before that is above.",
            )
        )
    except InvalidEnvironment as error:
        findings.append(problem(str(error), "Then run this again."))
    except Exception as error:  # noqa: BLE001 - a failed examination must not stop the others.
        if isinstance(error, ModuleNotFoundError) and error.name == "psutil":
            why = "because psutil, a development package, is not installed"
            findings.append(note(f"{examination.what.capitalize()}: not checked, {why}."))
        else:
            reason = f"{type(error).__name__}: {error}"
            findings.append(
                problem(
                    f"Checking {examination.what} failed with {reason}.",
                    f"The code is {examination.function} in the package {__package__}.",
                )
            )
    return findings


@contextmanager
def deadline() -> Iterator[None]:
    """Raise TooLongError in the block if it takes longer than `DEADLINE` seconds."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
