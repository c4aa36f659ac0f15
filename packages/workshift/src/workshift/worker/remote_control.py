"""Has remote control (`celery control …`) obeyed by later generations, too.

What changes how a worker works is noted with the supervisor, which hands its notes on to each
generation before that takes its first task. A revoked task stays revoked, a queue that was added is
taken from, a rate limit holds, until `runworker` stops: as with a worker that runs all the time.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery.utils.log import get_logger

from ..celery.internals import (
    intercept_command,
    revoke_ids,
    revoked_stamps,
    run_command,
)
from ..reload.channel import Channel
from ..reload.messages import Noted, ShutDown

logger = get_logger(__name__)

# By what they change: of several commands with the same key, the last one counts.
Notes = dict[str, Any]

# The commands that a note repeats as they were, with the key of the note.
_REPEATED = {
    "add_consumer": "queue {queue}",
    "autoscale": "autoscale",
    "cancel_consumer": "queue {queue}",
    "disable_events": "events",
    "enable_events": "events",
    "rate_limit": "rate limit of {task_name}",
    "time_limit": "time limit of {task_name}",
}

_REVOKED = "revoked "


class RemoteControl:
    """Notes the commands that this worker gets, and carries out what is in the notes."""

    def __init__(self, channel: Channel) -> None:
        """Send notes to the supervisor on `channel`."""
        self._channel = channel
        self._grown = 0  # processes that the pool has more than at its start
        handlers: dict[str, Callable[..., Any]] = {
            "pool_grow": partial(self._resize, 1),
            "pool_shrink": partial(self._resize, -1),
            "revoke": self._revoke,
            "revoke_by_stamped_headers": self._revoke_stamped,
            "shutdown": self._shut_down,
            "terminate": self._revoke,
            **{name: partial(self._repeat, name, key) for name, key in _REPEATED.items()},
        }
        self._commands = {name: intercept_command(name, one) for name, one in handlers.items()}

    def obey(self, consumer: Any, notes: Notes) -> None:
        """Bring the worker of `consumer` into the state that `notes` describe, in its loop."""
        revoke_ids([key.removeprefix(_REVOKED) for key in notes if key.startswith(_REVOKED)])
        for key, note in notes.items():
            if note is None:  # Revoked.
                continue
            task = note["arguments"].get("task_name")
            if task is not None and task not in consumer.app.tasks:  # Missing for the moment.
                continue
            try:
                if note["command"] == "resize":
                    self._grow_to(consumer, note["arguments"]["grown"])
                else:
                    command = self._commands[note["command"]]
                    run_command(consumer, command, **note["arguments"])
            except Exception:
                logger.exception("What remote control has said before (%s) failed.", key)

    def _note(self, key: str, command: str, **arguments: Any) -> None:
        self._send({key: {"command": command, "arguments": arguments}})

    def _send(self, notes: Notes) -> None:
        self._channel.send_unless_closed(Noted(notes))

    def _repeat(self, name: str, key: str, run: Any, state: Any, **arguments: Any) -> Any:
        reply = run(state, **arguments)
        if "error" not in reply:
            self._note(key.format_map({"task_name": None} | arguments), name, **arguments)
        return reply

    def _revoke(self, run: Any, state: Any, *, task_id: Any, **arguments: Any) -> Any:
        # First: asking the result backend about each may take its time.
        ids = [task_id] if isinstance(task_id, str) else list(task_id or ())
        self._send({f"{_REVOKED}{one}": None for one in ids})
        return run(state, task_id=task_id, **arguments)

    def _revoke_stamped(self, run: Any, state: Any, *, headers: Any, **arguments: Any) -> Any:
        reply = run(state, headers=headers, **arguments)
        self._note("stamps", "revoke_by_stamped_headers", headers=dict(revoked_stamps()))
        return reply

    def _resize(self, sign: int, run: Any, state: Any, n: int = 1, **_: Any) -> Any:
        reply = run(state, n=n)
        if "error" not in reply:
            self._grown += sign * n
            self._note("pool", "resize", grown=self._grown)
        return reply

    def _grow_to(self, consumer: Any, grown: int) -> None:
        if difference := grown - self._grown:
            name = "pool_grow" if difference > 0 else "pool_shrink"
            run_command(consumer, self._commands[name], n=abs(difference))
            self._grown = grown

    def _shut_down(self, run: Any, state: Any, **arguments: Any) -> Any:
        """Have the whole of `runworker` end, which would replace a generation that ends alone."""
        del run, state, arguments
        self._channel.send_unless_closed(ShutDown())
        return {"ok": "shutting down"}
