"""Nothing that a stranger wrote gives a command to the terminal that shows it."""

import logging
import os
import re
import subprocess
import sys
from email import message_from_string, policy

import pytest

from tests import ROOT
from workshift.durable.backoff import reason
from workshift.terminal import Formatter, escape

# Sets the title, colours, clears the screen; C1's own CSI; overwrites the line; reads backwards.
HOSTILE = "a\x1b]0;title\x07b\x1b[31mc\x1b[2Jd\x9b31me\rf\x7fg\N{RIGHT-TO-LEFT OVERRIDE}h"

OBEYED = re.compile(r"[^\n\t -~\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\U0010ffff]")

# Logs and sends what a visitor wrote, in every way that comes to mind.
SHOW = f"""
import logging
from django.core.mail import send_mail
text = {HOSTILE!r}
for name in ("orders", "django.request", "django.server", "celery.app.trace"):
    logging.getLogger(name).error("Of a visitor: %s", text)
logging.getLogger("orders").warning(text + chr(10) + "2026-01-01 INFO orders: forged")
try:
    raise ValueError(text + chr(10) + "2026-01-01 INFO orders: forged in a traceback")
except ValueError:
    logging.getLogger("celery.app.trace").exception("Failed")
send_mail("Subject", text, None, ["anna@example.com"])
"""


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("one\rtwo\x08\x00", r"one\rtwo\x08\x00"),
        ("\x7f\x85\x0b\x0c", r"\x7f\x85\x0b\x0c"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", r"\u202egpj.exe"),
        ("\N{LEFT-TO-RIGHT ISOLATE}a\N{POP DIRECTIONAL ISOLATE}", r"\u2066a\u2069"),
        ("\N{LINE SEPARATOR}", r"\u2028"),
        ("\ud800", r"\ud800"),
        # As they are.
        ("one\n\ttwo", "one\n\ttwo"),
        (
            "Привет, שלום, é, 你好 \N{PILE OF POO}\xa0\xad",
            "Привет, שלום, é, 你好 \N{PILE OF POO}\xa0\xad",
        ),
        (r"\x1b", r"\x1b"),
    ],
)
def test_spells_out_what_a_terminal_would_obey(given: str, shown: str) -> None:
    assert escape(given) == shown


def test_no_character_that_a_terminal_obeys_is_left() -> None:
    shown = escape("".join(map(chr, range(0x2100))))

    assert OBEYED.findall(shown) == []


@pytest.mark.parametrize("debug", ["on", "off"])
def test_log_lines_tracebacks_and_mails_are_escaped(debug: str) -> None:
    process = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", SHOW],
        cwd=ROOT,
        env={**os.environ, "DEBUG": debug, "EMAIL_HOST": ""},
        capture_output=True,
        check=True,
    )
    mails, lines = process.stdout.decode(), process.stderr.decode()

    assert OBEYED.findall(mails + lines) == []
    assert lines.count(escape(HOSTILE)) == 6
    assert "forged in a traceback" in lines
    # What a stranger writes after a line break never looks like a line of its own.
    assert not re.search("^2026-01-01", lines, re.MULTILINE)
    mail = message_from_string(mails.rpartition("-" * 79)[0], policy=policy.default)
    # An e-mail knows one kind of line break.
    assert mail.get_content().strip() == escape(HOSTILE.replace("\r", "\n"))


def test_the_reason_that_is_kept_of_an_error_is_escaped() -> None:
    hostile = HOSTILE.replace("\r", " ")
    assert reason(ValueError(f"No {HOSTILE}\n\tmore\0\ud800")) == escape(
        f"ValueError: No {hostile} more\0\ud800"
    )


def test_a_record_of_several_lines_begins_at_the_margin_only_once() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "One\nTwo", None, None)

    assert Formatter("{levelname} {message}", style="{").format(record) == "INFO One\n    Two"
