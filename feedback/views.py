"""The demo app's pages: write a message, and see that it was taken."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from feedback.forms import FeedbackForm
from feedback.tasks import send_feedback_email_task

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Show the form; hand a valid message to the worker and answer without waiting for it.

    While Redis is away the visitor is told so and keeps what they typed (status 503). The
    settings bound how long it takes to find out: about a second.
    """
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            send_feedback_email_task.delay(
                email=form.cleaned_data["email"],
                message=form.cleaned_data["message"],
                language=request.LANGUAGE_CODE,
            )
        except OperationalError as error:
            logger.warning(
                "Redis does not take tasks (%s), so a visitor was asked to try again. "
                "Check that the server at REDIS_URL is running.",
                error,
            )
            form.add_error(
                None,
                _(
                    "We could not take your message just now, so nothing was sent. "
                    "What you wrote is still here: please try again in a minute."
                ),
            )
            status = 503
        else:
            return redirect("feedback:success")
    return render(request, "feedback/form.html", {"form": form}, status=status)


@require_safe
def success(request: HttpRequest) -> HttpResponse:
    """Say that the message was taken, and offer to write another."""
    return render(request, "feedback/success.html")
