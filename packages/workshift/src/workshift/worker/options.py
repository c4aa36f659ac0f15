"""Decides what becomes of each option of `celery worker` that is given to `runworker`.

All go to every generation as they are, but those that this file names.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from celery.bin.worker import worker

# They act at the start, and not at each save: in the first generation.
_ONCE = {"purge"}

# What they ask for, `runworker` does itself: its generations beat, and the pid file is its own.
_DONE_BY_RUNWORKER = {"beat", "pidfile"}

_AS_USER = "Start `runworker` as the user whom the tasks are to run as."
_BESIDE = "Run `celery beat` with it beside `runworker`, without --beat here."

# They would not do what they say, with what to do instead.
_REFUSED = {
    "detach": "It watches the code in a terminal. In production, run `celery worker`.",
    "executable": "Start `runworker` with the Python that is to run the tasks.",
    "gid": _AS_USER,
    "schedule_filename": "When each periodic task ran last is always noted in .run/beat.json.",
    "scheduler": f"Its beat reads CELERY_BEAT_SCHEDULE only. {_BESIDE}",
    "uid": _AS_USER,
    "umask": "Set it in the shell, before `runworker` is started.",
}


def read(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the values in `arguments`, as they were written, by the name of the option.

    Raises click.UsageError for an option that `runworker` refuses. Celery itself judges values,
    and options that are not its own, when the first generation starts.
    """
    parser = worker.make_parser(click.Context(worker, ignore_unknown_options=True))
    try:
        values, _, _ = parser.parse_args(list(arguments))
    except click.UsageError:
        return {}
    for option in worker.params:
        if option.name in _REFUSED and option.name in values:
            names = "/".join(option.opts)
            raise click.UsageError(f"runworker does not take {names}. {_REFUSED[option.name]}")
    return dict(values)


def read_or_exit(arguments: Sequence[str]) -> dict[str, Any]:
    """Return what `read()` does; end the process with its sentence where that raises."""
    try:
        return read(arguments)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)


def for_generation(
    number: int, arguments: Sequence[str], *, more: Iterable[click.Parameter] = ()
) -> list[str]:
    """Return those of `arguments` that generation `number` gets.

    `more` are the options that the project itself has added to those of `celery worker`.
    """
    command = click.Command("worker", params=[*worker.params, *more])
    left_out = _DONE_BY_RUNWORKER if number == 1 else _DONE_BY_RUNWORKER | _ONCE
    try:
        values, others, given = command.make_parser(click.Context(command)).parse_args(
            list(arguments)
        )
    except click.UsageError:  # Celery says what is wrong.
        return list(arguments)
    kept = [option for option in dict.fromkeys(given) if option.name not in left_out]
    written = [_written(max(option.opts, key=len), values[option.name]) for option in kept]
    return [*written, "--", *others] if others else written


def sends_events(arguments: Sequence[str], conf: Any) -> bool:
    """Tell whether `arguments`, or Celery's settings `conf`, ask for events that monitors read."""
    values = read(arguments)
    return bool(
        conf.worker_send_task_events or {"task_events", "heartbeat_interval"} & values.keys()
    )


def _written(name: str, value: Any) -> str:
    return name if value is True else f"{name}={value}"
