"""`./scripts/dev` with the demo: what the form promises, and edits that are live at once."""

import os
import re
import signal
import subprocess
from collections.abc import Callable

from workshift.private import is_open
from workshift.testing.processes import free_port

from tests.repository.stack.clone import Clone, Stack, running

TASKS = "feedback/tasks.py"

SUBJECT = 'gettext("Your Feedback")'


def subject(text: str) -> Callable[[str], str]:
    """An edit of `feedback/tasks.py`: another subject for the e-mails."""

    def edit(code: str) -> str:
        assert SUBJECT in code
        return code.replace(SUBJECT, text)

    return edit


def test_a_fresh_clone_needs_nothing_but_the_one_command(fresh_clone: Clone) -> None:
    assert not fresh_clone.dotenv.exists()
    with running(fresh_clone) as stack:
        stack.wait_for(f"Open http://localhost:{stack.port}")
        stack.wait_for("apt install redis-server")
        stack.wait_for(". feedback.tasks.send_feedback_email_task")
        assert stack.visit("first message").startswith("/success/")
        stack.wait_for("Subject: Your Feedback")
        stack.wait_for("\tfirst message")
        stored = (
            ".run",
            ".run/mailbox",
            *(path.name for path in fresh_clone.folder.glob("db.sqlite3*")),
        )
        assert len(stored) > 2
        assert [name for name in stored if is_open(fresh_clone.folder / name)] == []

        # The edit of the code, and that of `.env`, are live without a restart by hand.
        edit = subject('f"Sent after {settings.FEEDBACK_DELAY_SECONDS} seconds"')
        with fresh_clone.edited(fresh_clone.folder / TASKS, edit):
            stack.wait_for("generation 2 runs feedback/tasks.py")
            stack.visit("second message")
            stack.wait_for("Subject: Sent after 5")
            stack.wait_for("\tsecond message")
            with fresh_clone.edited(fresh_clone.dotenv, no_delay):
                stack.wait_for("generation 3 runs .env")
                stack.visit("third message")
                stack.wait_for("Subject: Sent after 0")

                assert stack.interrupt() == 128 + signal.SIGINT
        stack.leaves_nothing()


def no_delay(dotenv: str) -> str:
    """An edit of `.env`: the demo's task takes no time."""
    return dotenv.replace("FEEDBACK_DELAY_SECONDS=5", "FEEDBACK_DELAY_SECONDS=0")


def test_with_a_real_redis_and_started_a_second_time(clone: Clone, with_redis: str) -> None:
    for message in ("first start", "second start"):
        with running(clone, PATH=with_redis) as stack:
            assert stack.visit(message).startswith("/success/")
            stack.wait_for(f"\t{message}")
            edit = subject(f'"Edited at the {message}"')
            with clone.edited(clone.folder / TASKS, edit):
                stack.wait_for("generation 2 runs feedback/tasks.py")
                stack.visit(f"edited, {message}")
                stack.wait_for(f"Subject: Edited at the {message}")
            assert stack.interrupt() == 128 + signal.SIGINT
            stack.leaves_nothing()


def test_honcho_by_hand_does_the_same(clone: Clone, with_redis: str) -> None:
    path = f"{clone.folder / '.venv/bin'}{os.pathsep}{with_redis}"
    port = free_port()

    def its_port(dotenv: str) -> str:
        return re.sub(r"^PORT=.*$", f"PORT={port}", dotenv, flags=re.MULTILINE)

    with clone.edited(clone.dotenv, its_port):
        stack = Stack(
            clone, [clone.folder / ".venv/bin/honcho", "start", "-f", "Procfile.dev"], PATH=path
        )
        # honcho takes the line of `.env`, also where the variable is set for real.
        stack.port = port
        stack.wait_until_ready()
        stack.visit("by hand")
        stack.wait_for("\tby hand")
        edit = subject('f"After {settings.FEEDBACK_DELAY_SECONDS} seconds"')
        with clone.edited(clone.folder / TASKS, edit):
            stack.wait_for("generation 2 runs feedback/tasks.py")
            clone.dotenv.write_text(clone.dotenv.read_text().replace("SECONDS=0", "SECONDS=0.25"))
            stack.wait_for("generation 3 runs .env")
            stack.visit("after the edit of .env")
            stack.wait_for("Subject: After 0.25 seconds")
        stack.wait_for("generation 4 runs feedback/tasks.py")
        try:
            assert stack.interrupt(patience=15) == 128 + signal.SIGINT
        except subprocess.TimeoutExpired:
            # honcho's own handler fails when the signal comes while it prints a line (see
            # packages/workshift/src/workshift/dev/manager.py). It ends at the second Ctrl-C, with another code.
            assert stack.interrupt() == 1
    stack.leaves_nothing()


def test_two_clones_side_by_side_do_not_see_each_other(
    clone: Clone, fresh_clone: Clone, with_redis: str
) -> None:
    with running(clone, PATH=with_redis) as one, running(fresh_clone, PATH=with_redis) as other:
        one.visit("to the one")
        other.visit("to the other")

        one.wait_for("\tto the one")
        other.wait_for("\tto the other")

        assert "to the other" not in one.output
        assert "to the one" not in other.output
        for stack in (one, other):
            stack.interrupt()
            stack.leaves_nothing()


def test_a_long_task_does_not_hold_up_the_stop_and_is_not_lost(
    clone: Clone, with_redis: str
) -> None:
    with running(clone, PATH=with_redis, FEEDBACK_DELAY_SECONDS="600") as stack:
        stack.visit("interrupted")
        stack.wait_for("send_feedback_email_task[")

        stack.tell(signal.SIGTERM)

        assert stack.wait() == 128 + signal.SIGTERM
        stack.leaves_nothing()
    # Its lease would keep it for six minutes.
    with running(clone, PATH=with_redis) as stack:
        stack.wait_for("\tinterrupted")


def test_a_redis_of_yours_that_is_away_does_not_keep_the_form_from_taking_a_message(
    clone: Clone, with_redis: str
) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    stack = Stack(clone, PATH=with_redis, REDIS_URL=url)
    stack.wait_for(f"yours, at {url}")
    stack.wait_for("It does not answer")
    stack.wait_for("The site is ready")

    assert stack.visit("taken").startswith("/success/")

    stack.wait_for("is saved, but the workers could not be told now")
    stack.interrupt()
    stack.leaves_nothing()
