"""Whatever is put into the broker, no message ends a worker or runs what is not a task of it."""

import base64
import json
import os
import pickle
import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT, tasks
from workshift.testing.processes import RedisServer, Worker, eventually

QUEUE = "test:mysite"

# Sets a terminal's title, colours, and begins a line.
HOSTILE = "\x1b]0;title\x07\x1b[31m\nforged"

DEEP = b"[" * 50_000 + b"]" * 50_000

Message = dict[str, Any]


@dataclass
class Program:
    """What runs a command when it is unpickled."""

    marker: Path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


def headers(**values: object) -> Callable[[Message], Message]:
    """Return a change of some headers of a message."""
    return lambda message: message | {"headers": message["headers"] | values}


def properties(**values: object) -> Callable[[Message], Message]:
    """Return a change of some properties of a message."""
    return lambda message: message | {"properties": message["properties"] | values}


def body(content: bytes, **values: object) -> Callable[[Message], Message]:
    """Return a change of the body of a message."""
    text = base64.b64encode(content).decode()
    return lambda message: message | {"body": text} | values


def without(*path: str) -> Callable[[Message], Message]:
    """Return the loss of a part of a message."""

    def change(message: Message) -> Message:
        place = message
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]
        return message

    return change


# What is no message at all: thrown away, with one line.
RUBBISH: dict[str, bytes | Callable[[Message], Message]] = {
    "nothing": b"",
    "cut off": b'{"body": "abc',
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "an empty object": b"{}",
    "deep nesting": DEEP,
    "no properties": without("properties"),
    "no delivery tag": without("properties", "delivery_tag"),
    "no delivery info": without("properties", "delivery_info"),
    "no routing key": properties(delivery_info={"exchange": ""}),
    "a delivery tag that is an object": properties(delivery_tag={}),
    "no body": without("body"),
    "a body that is a number": lambda message: message | {"body": 5},
    "a body that is nothing": lambda message: message | {"body": 0},
    "a body that is not base64": lambda message: message | {"body": "abc"},
    "an unknown encoding": properties(body_encoding="rot13"),
}

# Messages that would end Celery's worker: refused, with one line.
REFUSED: dict[str, Callable[[Message], Message]] = {
    "no id": headers(id=None),
    "an id that is a number": headers(id=5, task="no.such"),
    "an id that is an object": headers(id={"a": 1}),
    "a task that is a list": headers(task=[]),
    "a time that is an object": headers(eta={}),
    "an expiry that is empty": headers(expires=""),
    "a limit that is a number": headers(timelimit=5),
    "limits that are words": headers(timelimit=["a", "b"]),
    "limits below zero": headers(timelimit=[-5, -5]),
    "three limits": headers(timelimit=[1, 2, 3]),
    "stamps that are a number": headers(stamped_headers=5),
    "a content type that is a list": lambda message: message | {"content-type": ["a"]},
    "no content type": without("content-type"),
    "a body that is a number": body(b"5"),
    "a body of one part": body(b"[[]]"),
    "Celery's first protocol": body(b'{"task": [], "id": {}}', headers={}),
}

# Messages that Celery refuses, or whose task fails.
SURVIVED: dict[str, Callable[[Message], Message]] = {
    "no headers": without("headers"),
    "headers that are a list": lambda message: message | {"headers": []},
    "an unknown task with control characters": headers(task=f"no.such{HOSTILE}"),
    "an id with control characters": headers(id=f"id{HOSTILE}"),
    "a name with control characters": headers(shadow=f"shadow{HOSTILE}"),
    "a content type with control characters": lambda message: (
        message | {"content-type": f"x{HOSTILE}"}
    ),
    "a time with control characters": headers(eta=f"soon{HOSTILE}"),
    "a time before all times": headers(eta="0001-01-01T00:00:00+14:00"),
    "deep nesting": body(DEEP),
    "a number of 10,000 digits": body(b"[[" + b"9" * 10_000 + b"], {}, {}]"),
    "an object of a type that is none": body(b'[[{"__type__": "uuid", "__value__": 5}], {}, {}]'),
    "arguments that are a word": body(b'["ab", {}, {}]'),
    "keyword arguments that are a list": body(b"[[], [], {}]"),
    "options that are a list": body(b"[[], {}, []]"),
    "callbacks that are numbers": body(
        b'[[1, 2], {}, {"callbacks": [5], "errbacks": ["no.such"]}]'
    ),
    "a chain that is a number": body(b'[[1, 2], {}, {"chain": 5, "chord": 5}]'),
    "ten megabytes": body(json.dumps([["x" * 10_000_000, 1], {}, {}]).encode()),
    "a hundred thousand arguments": body(json.dumps([["x"] * 100_000, {}, {}]).encode()),
    "an unknown compression": headers(compression="rot13"),
    "YAML": body(b"!!python/name:os.system", **{"content-type": "application/x-yaml"}),
    "retries that are a word": headers(retries="x"),
}

NOT_A_TASK = {"task": "os.system", "args": ["true"], "kwargs": {}, "options": {}}

# Celery's own tasks, which every worker has.
BUILT_IN: list[tuple[str, list[object], dict[str, object]]] = [
    ("celery.map", [], {"task": NOT_A_TASK, "it": ["true"]}),
    ("celery.starmap", [], {"task": NOT_A_TASK, "it": [["true"]]}),
    ("celery.starmap", [], {"task": NOT_A_TASK | {"subtask_type": "os"}, "it": [[1]]}),
    ("celery.chunks", [NOT_A_TASK, [["true"]], 1], {}),
    ("celery.group", [[NOT_A_TASK], "g", [], 5], {}),
    ("celery.chain", [NOT_A_TASK], {}),
    ("celery.chord", [[NOT_A_TASK], NOT_A_TASK], {}),
    ("celery.chord_unlock", ["g", NOT_A_TASK], {"max_retries": 0}),
    ("celery.chord_unlock", [{}, 5], {"max_retries": 0, "result": ["x", "y"]}),
    ("celery.accumulate", [NOT_A_TASK], {"index": 5}),
    ("celery.backend_cleanup", [5], {}),
]


class Target:
    """A worker, and what has been put into its queue."""

    def __init__(self, worker: Worker, redis: RedisServer) -> None:
        """Take an ordinary message as the pattern for all others."""
        self.worker = worker
        self.redis = redis.client
        tasks.add.apply_async((1, 2), queue="aside")
        sent: Any = self.redis.rpop("test:aside")
        self._pattern: Message = json.loads(sent)
        self._count = 0

    def message(self, **values: object) -> Message:
        """Return an ordinary message, with headers of one's choice."""
        self._count += 1
        message = deepcopy(self._pattern)
        message["properties"]["delivery_info"]["routing_key"] = "mysite"
        message["properties"]["delivery_tag"] = f"tag-{self._count}"
        return headers(id=f"id-{self._count}", **values)(message)

    def take(self, *odd: bytes | Message) -> list[str]:
        """Put these into the queue and wait until the worker has gone on; return what it wrote."""
        before = len(self.worker.lines)
        probe = self.message()
        for one in (*odd, probe):
            self.redis.lpush(QUEUE, one if isinstance(one, bytes) else json.dumps(one))
        self.worker.wait_for(f"[{probe['headers']['id']}] succeeded")
        assert self.worker.process.poll() is None
        return self.worker.lines[before:]


@pytest.fixture(scope="module")
def target(
    _real_redis: RedisServer, _migrated_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """A worker for all of these tests, as no message may end it."""
    _real_redis.client.flushall()
    worker = Worker(
        "tests.mysite",
        ["--concurrency=1", "--loglevel=info", "--include=tests.tasks", "--without-mingle"],
        folder=ROOT,
        environment={"DATABASE_URL": f"sqlite:///{_migrated_database}"},
    )
    try:
        yield Target(worker.wait_for(" ready."), _real_redis)
        print(worker.output)
    finally:
        worker.kill()


def changed(target: Target, change: bytes | Callable[[Message], Message]) -> bytes | Message:
    """Return what a change makes of an ordinary message."""
    return change if isinstance(change, bytes) else change(target.message())


def test_what_is_no_message_is_thrown_away(target: Target) -> None:
    for name, change in RUBBISH.items():
        lines = target.take(changed(target, change))
        assert sum("Threw away what is not a message" in line for line in lines) == 1, name


def test_a_message_that_would_end_the_worker_is_refused(target: Target) -> None:
    for name, change in REFUSED.items():
        lines = target.take(changed(target, change))
        assert sum("Refused a message: its " in line for line in lines) == 1, name


def test_a_message_whose_task_fails_does_no_more(target: Target) -> None:
    for name, change in SURVIVED.items():
        lines = target.take(changed(target, change))
        refused = [line for line in lines if "Refused a" in line or "Threw away" in line]
        assert refused == [], name


def test_nothing_in_a_message_gives_a_command_to_the_terminal(target: Target) -> None:
    hostile = [change for name, change in SURVIVED.items() if "control characters" in name]
    target.take(*(changed(target, change) for change in [*hostile, headers(id=[HOSTILE])]))

    output = target.worker.output
    assert r"\x1b]0;title\x07" in output
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]|^forged", output, re.MULTILINE)


def test_a_program_in_a_message_is_not_run(target: Target, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    program = pickle.dumps(((Program(marker),), {}, {}))

    for content_type in ("application/x-python-serialize", "application/json"):
        pickled = body(program, **{"content-type": content_type, "content-encoding": "binary"})
        target.take(changed(target, pickled))

    assert "Refusing to deserialize untrusted content of type pickle" in target.worker.output
    assert not marker.exists()
    # The test would notice.
    pickle.loads(program)  # noqa: S301 - our own.
    assert marker.exists()


def test_tasks_of_celery_run_nothing_but_tasks(target: Target) -> None:
    for task, args, kwargs in BUILT_IN:
        content = json.dumps([args, kwargs, {}]).encode()
        target.take(body(content)(target.message(task=task)))
    # What they have sent has run by now as well.
    target.take()

    assert "Task of kind 'os.system' never registered" in target.worker.output
    assert "Task os.system" not in target.worker.output


def test_rubbish_for_remote_control_is_thrown_away(target: Target) -> None:
    for channel in ("test:/0.celery.pidbox", "test:/0.celeryev/worker.heartbeat"):
        # Until the worker listens.
        eventually(partial(target.redis.publish, channel, b"{}"))
        for rubbish in (b"[]", b"1", b'{"a":' * 50_000, b'{"body": "abc", "properties": {}}'):
            target.redis.publish(channel, rubbish)
            target.take()


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_messages_with_random_values_do_no_harm(target: Target, seed: int, count: int) -> None:
    chance = random.Random(seed)
    values: list[object] = [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        [1],
        ["a"],
        [[]],
        {},
        {"a": 1},
        "2030-01-01",
    ]

    def odd() -> Message:
        message = target.message()
        place: Any = chance.choice(
            [message, message["headers"], message["properties"], message["headers"]]
        )
        for name in chance.sample(sorted(place), 2):
            place[name] = chance.choice(values)
        if place is not message and chance.random() < 0.3:
            message["body"] = base64.b64encode(
                json.dumps([chance.choice(values) for _ in range(3)]).encode()
            ).decode()
        return message

    for _ in range(count // 20):
        target.take(*(odd() for _ in range(20)))
