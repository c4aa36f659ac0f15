"""A question that gets no answer costs one thread, and no more than two seconds of anybody's time."""

import threading

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from workshift.health import questions
from workshift.health.middleware import probes
from workshift.health.questions import NoAnswerError, Question


def test_it_is_asked_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "LIMIT", 0)
    asked: list[threading.Thread] = []
    let_go = threading.Event()

    def ask() -> int:
        asked.append(threading.current_thread())
        let_go.wait()
        return len(asked)

    question = Question(ask)
    for _ in range(3):
        question.begin()
        with pytest.raises(NoAnswerError):
            question.answer()
    let_go.set()
    asked[0].join()

    assert question.answer() == 1


def test_an_answer_is_handed_out_until_it_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        if len(asked) == 2:
            raise LookupError("not this time")
        return len(asked)

    question = Question(ask)
    monkeypatch.setattr(questions, "FRESH", float("inf"))
    for _ in range(3):
        question.begin()
        assert question.answer() == 1
    monkeypatch.setattr(questions, "FRESH", 0)
    question.begin()
    with pytest.raises(LookupError):
        question.answer()
    assert question.answer_or(0) == 0
    question.begin()
    assert question.answer() == 3


def test_an_asynchronous_site_answers_probes_as_well() -> None:
    async def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("the page")

    respond = async_to_sync(probes(page))

    assert respond(RequestFactory().get("/up/", headers={"host": "10.1.2.3"})).content == b"up\n"
    assert respond(RequestFactory().get("/up/there/")).content == b"the page"
    assert respond(RequestFactory().get("/")).content == b"the page"
