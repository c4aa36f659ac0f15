"""The project's addresses, and a page that logs and sends a task."""

import logging

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.health import tasks
from tests.mysite.urls import urlpatterns

logger = logging.getLogger(__name__)


def send(request: HttpRequest) -> HttpResponse:
    """Log what was asked for, and send the task with it."""
    text = request.GET["text"]
    logger.info("sending %s", text)
    tasks.first.delay(text)
    return HttpResponse("sent")


urlpatterns = [
    *urlpatterns,
    path("send/", send),
    # No probe, although its address begins as theirs.
    path("up/elsewhere/", send),
]
