"""The app's pages: write a message, and watch its state."""

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from feedback.forms import FeedbackForm
from feedback.limits import is_too_much
from feedback.models import Feedback


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Show the form; save a valid message, which guarantees that it will be sent.

    Even if Redis is down, no visitor waits for the worker. Visitors who send too much are told so
    and keep what they typed (status 429).
    """
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        if not is_too_much(request, form.cleaned_data["email"]):
            # The workers are told when the transaction commits, which is at once here.
            feedback = Feedback.objects.create(**form.cleaned_data, language=request.LANGUAGE_CODE)
            return redirect("feedback:success", feedback.pk)
        form.add_error(
            None,
            _(
                "There were too many messages within an hour from you or to this address. "
                "What you wrote is still here: please try again later."
            ),
        )
        status = 429
    return render(request, "feedback/form.html", {"form": form}, status=status)


@require_safe
@never_cache
def success(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm the message, show its state, and offer to write another."""
    feedback = get_object_or_404(Feedback, pk=pk)
    return render(request, "feedback/success.html", {"feedback": feedback, "mailbox": _mailbox()})


@require_safe
@never_cache
def state(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Return the part of the success page that shows the message's state, with one query."""
    feedback = get_object_or_404(Feedback, pk=pk)
    return render(request, "feedback/state.html", {"feedback": feedback, "mailbox": _mailbox()})


def _mailbox() -> str:
    """Return the development mailbox's address if e-mails go there, else nothing."""
    backend = str(settings.MAILERS["default"]["BACKEND"])
    return reverse("mailbox:all") if backend.startswith("workshift.mailbox.") else ""
