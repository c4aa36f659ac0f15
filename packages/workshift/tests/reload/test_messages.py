"""The messages alone: what is sent is what comes, and nothing else does."""

import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from tests.reload.project import Project
from workshift.reload.messages import Message, MessageError, decode, encode

# What an update of the library under a running command may lead to.
FOREIGN = """
import gc

from workshift.reload.channel import Channel

for channel in gc.get_objects():
    if isinstance(channel, Channel):
        channel._socket.sendall(b'LINE\\n')
"""

EXAMPLES = {
    int: -9,
    float: 1.5,
    str: "naïve\nname",
    bool: True,
    str | None: None,
    list[str]: ["one", "two"],
    list[str] | None: None,
    dict[str, int]: {"one": 1},
    dict[str, str]: {"one": "\udcff"},  # As in a variable that is not UTF-8.
    dict[str, list[str]]: {"one": ["two"]},
    dict[str, list[int]]: {"one": [2, 3]},
    dict[str, str | None]: {"one": None, "two": "2"},
    dict[str, Any]: {"one": {"command": "rate_limit", "arguments": {"task_name": None}}},
}


def example(kind: type[Message]) -> Message:
    """Return a message of this type with something in each of its fields."""
    hints = get_type_hints(kind)
    return kind(**{field.name: EXAMPLES[hints[field.name]] for field in fields(kind)})


@pytest.mark.parametrize("kind", Message.__subclasses__())
def test_a_message_comes_as_it_was_sent(kind: type[Message]) -> None:
    message = example(kind)
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["type"] == kind.__name__
    came = decode(line)
    assert type(came) is kind
    assert came == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"type": "Surprise"}',
        b'{"type": "Message"}',
        b'{"type": []}',
        b'{"type": "Ready"}',
        b'{"type": "Listening", "tasks": []}',
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(MessageError, match="no message that is known here"):
        decode(line)


def test_an_error_does_not_show_a_whole_environment() -> None:
    with pytest.raises(MessageError) as caught:
        decode(
            b'{"type": "Unknown", "environment": {"PATH": "/bin:/usr/bin", "SECRET_KEY": "abc"}}'
        )
    assert "Unknown" in str(caught.value)
    assert "SECRET_KEY" not in str(caught.value)


@pytest.mark.parametrize("line", ['{"type": "Surprise"}', '{"type": "Retire"}'])
def test_what_the_supervisor_does_not_understand_is_a_line(project: Project, line: str) -> None:
    with project.worker() as worker:
        text = FOREIGN.replace("LINE", line) + project.versioned(1)
        project.write("probe/tasks.py", text)
        said = worker.wait_for(
            "Generation 2 sent a message that this process does not understand"
        ).string
        assert line[10:16] in said
        worker.wait_for("Reloaded in")
        assert project.version() == 1
    assert "Traceback" not in worker.output
