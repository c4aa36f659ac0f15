"""One id for a request, its log lines, the tasks that it sends, and theirs.

A task that no request has sent uses its own id; that of a durable task begins with its row's.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from celery import current_task
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

HEADER = "X-Request-ID"

# The key of the id in a message's headers.
KEY = "request_id"

# What nginx, HAProxy, Heroku, Traefik and clouds send fits; what could forge a line does not.
WELL_FORMED = re.compile(r"[\w.:=+/-]{8,128}", re.ASCII)

_request_id: ContextVar[str] = ContextVar(KEY, default="")

Respond = Callable[[HttpRequest], HttpResponse]
RespondLater = Callable[[HttpRequest], Awaitable[HttpResponse]]


def current() -> str:
    """Return the id of what is being done: of the request, or else of the task, or nothing."""
    return _request_id.get() or task_id()


def task_id() -> str:
    """Return the id of the task that is running, or nothing."""
    return (current_task and current_task.request.id) or ""


@sync_and_async_middleware
def middleware(get_response: Any) -> Respond | RespondLater:
    """Give each request an id, and its answer the header X-Request-ID.

    The header of the request counts only if the setting `BEHIND_PROXY` is on: without a proxy that
    replaces it, visitors could give theirs the id of another request.
    """
    if iscoroutinefunction(get_response):

        async def respond_later(request: HttpRequest) -> HttpResponse:
            with _noted(_id_of(request)) as request_id:
                response: HttpResponse = await get_response(request)
            response.headers[HEADER] = request_id
            return response

        return respond_later

    def respond(request: HttpRequest) -> HttpResponse:
        with _noted(_id_of(request)) as request_id:
            response: HttpResponse = get_response(request)
        response.headers[HEADER] = request_id
        return response

    return respond


def _id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "") if getattr(settings, "BEHIND_PROXY", False) else ""
    return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)


@contextmanager
def _noted(request_id: str) -> Iterator[str]:
    token = _request_id.set(request_id)
    try:
        yield request_id
    finally:
        _request_id.reset(token)


def tag_with_id(event: Any, _hint: object) -> Any:
    """Tag an error for Sentry with the id: `before_send=tag_with_id`."""
    event.setdefault("tags", {})["request_id"] = current()
    return event


class Filter(logging.Filter):
    """Adds `request_id`, `task_id` and, for people, `of_request` to log records.

    `of_request` is the id in brackets behind a space, or nothing.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add them, and let every record pass."""
        task = task_id()
        request_id = _request_id.get() or task
        of_request = f" [{request_id}]" if request_id else ""
        vars(record).update(request_id=request_id, task_id=task, of_request=of_request)
        return True


@before_task_publish.connect
def _send(headers: dict[str, Any], **_: Any) -> None:
    if request_id := _request_id.get():
        headers[KEY] = request_id


@task_prerun.connect
def _begin(task: Any, **_: Any) -> None:
    # Anybody who can write to the broker wrote it.
    carried = str(task.request.get(KEY) or "")
    if WELL_FORMED.fullmatch(carried):
        task.request.request_id_token = _request_id.set(carried)


@task_postrun.connect
def _end(task: Any, **_: Any) -> None:
    if token := task.request.get("request_id_token"):
        _request_id.reset(token)
