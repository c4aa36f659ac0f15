"""One id from the request to the last of its tasks, in lines that nobody can forge."""

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from celery import current_app
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from tests.health import tasks
from tests.health.conftest import VISITOR, StartSite
from workshift import request_id
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import Process, RedisServer

PRODUCTION = {
    "BEHIND_PROXY": "on",
    "DJANGO_SETTINGS_MODULE": "tests.health.settings",
    "LOG_FORMAT": "json",
}

# A line of its own, a window's title, the end of a JSON text, and half of a surrogate pair.
HOSTILE = 'Anna\n{"level": "ERROR", "message": "forged"}\r\x1b]0;owned\x07\x9b\x7f\u2028"}, \ud800'


def records(process: Process) -> list[dict[str, Any]]:
    """Return what the process has logged; only Celery's greeting is no JSON."""
    return [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]


def test_from_the_request_to_its_last_task(
    start_site: StartSite, redis_server: RedisServer, start_worker: StartWorker
) -> None:
    site = start_site(**PRODUCTION)
    worker = start_worker("--pool", "solo", environment=PRODUCTION)
    text = quote(HOSTILE, errors="surrogatepass")

    given = {**VISITOR, "X-Request-ID": "1f0c-4a7e.9"}
    response, _ = site.get(f"/send/?text={text}", given)

    assert response.headers["X-Request-ID"] == "1f0c-4a7e.9"
    worker.wait_for("second Anna")
    worker.next_line(r"tests\.health\.tasks\.second\[.+ succeeded")
    [sending] = [one for one in records(site) if one["message"].startswith("sending")]
    said = [one for one in records(worker) if one["logger"] == "tests.health.tasks"]
    # What arrives is what Django made of half a pair.
    hostile = sending["message"].removeprefix("sending ")
    assert hostile.startswith(HOSTILE[:-1])
    assert [one["message"] for one in said] == [
        f"first {hostile}, try 0",
        f"first {hostile}, try 1",
        f"second {hostile}",
    ]
    ended = [one for one in records(worker) if "succeeded" in one["message"]]
    assert len(ended) == 2
    assert {one["request_id"] for one in (sending, *said, *ended)} == {"1f0c-4a7e.9"}
    assert all(one["task_id"] in ended[0]["message"] for one in said[:2])
    for process in (site, worker):
        for forbidden in "\r\x1b\x07\x7f\x9b\u2028":
            assert forbidden not in process.output
        assert "forged" not in [one["message"] for one in records(process)]


def answered(request: HttpRequest) -> str:
    """Return the id that the middleware gives, which must be that of the view."""
    seen: list[str] = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(request_id.current())
        return HttpResponse()

    async def view_later(request: HttpRequest) -> HttpResponse:
        return view(request)

    respond: Any = request_id.middleware(view)
    respond_later: Any = request_id.middleware(view_later)
    given = [respond(request), async_to_sync(respond_later)(request)]
    assert [one.headers["X-Request-ID"] for one in given] == seen
    assert request_id.current() == ""
    return seen[0]


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "short",
        "a" * 129,
        "two words",
        "new\nline123",
        "\x1b[31mred12",
        "ünicode12",
        "a;b=cdefgh",
    ],
)
def test_only_a_well_formed_id_is_taken_and_only_from_a_proxy(
    malformed: str, settings: Settings
) -> None:
    malformed_request = RequestFactory().get("/", headers={"X-Request-ID": malformed})
    good = RequestFactory().get("/", headers={"X-Request-ID": "8f14e45fceea167a"})

    assert answered(good) != "8f14e45fceea167a"
    settings.BEHIND_PROXY = True
    assert answered(good) == "8f14e45fceea167a"
    assert answered(malformed_request) != malformed
    assert request_id.WELL_FORMED.fullmatch(answered(malformed_request))


def test_a_task_that_no_request_has_sent_has_its_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(request_id.Filter())

    # As the sweep hints the second attempt of a row.
    tasks.second.apply(args=("text",), task_id="3f2e-2")
    tasks.logger.info("outside")

    [within, outside] = [one for one in caplog.records if one.name == "tests.health.tasks"]
    assert vars(within)["request_id"] == vars(within)["task_id"] == "3f2e-2"
    assert vars(within)["of_request"] == " [3f2e-2]"
    assert vars(outside)["request_id"] == vars(outside)["of_request"] == ""


def test_an_id_in_a_message_that_somebody_has_crafted(
    redis_server: RedisServer, start_worker: StartWorker
) -> None:
    worker = start_worker("--pool", "solo", environment=PRODUCTION)
    for text, given in (("taken", "8f14e45fceea167a"), ("forged", "a\nline of mine")):
        sent = current_app.send_task(
            "tests.health.tasks.second", [text], headers={request_id.KEY: given}
        )
    worker.wait_for("second forged")

    ids = [one["request_id"] for one in records(worker) if one["message"].startswith("second")]
    assert ids == ["8f14e45fceea167a", sent.id]
