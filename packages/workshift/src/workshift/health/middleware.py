"""Answers probes although they ask by the wrong name: first in `MIDDLEWARE`."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

# Where `workshift.health.urls` must be included.
PREFIX = "/up/"


@sync_and_async_middleware
def probes(get_response: Any) -> Any:
    """Answer `/up/` before any other middleware.

    A probe of a balancer or of Kubernetes comes by plain HTTP with the address of the machine as its
    Host, so it would be redirected or refused. Whoever has a session, and may be allowed to see
    details, takes the usual way.
    """
    if iscoroutinefunction(get_response):

        async def respond_later(request: HttpRequest) -> HttpResponse:
            if probe := probe_of(request):
                # Another thread than that of the pages: a probe may wait two seconds.
                return await sync_to_async(probe, thread_sensitive=False)(request)
            response: HttpResponse = await get_response(request)
            return response

        return respond_later

    def respond(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = (probe_of(request) or get_response)(request)
        return response

    return respond


def probe_of(request: HttpRequest) -> Callable[[HttpRequest], HttpResponse] | None:
    """Return the view of ours that answers this request, unless somebody may be logged in."""
    if not request.path_info.startswith(PREFIX) or settings.SESSION_COOKIE_NAME in request.COOKIES:
        return None
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return None
    return found.func if found.app_names == ["health"] else None
