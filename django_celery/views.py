"""The views that belong to no app: the icon, and the page for a failed CSRF check."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views import csrf
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Redirect to the icon; browsers request it on pages without one, such as the admin's."""
    return redirect(static("favicon.svg"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell a visitor what to do; while DEBUG is on, show Django's page for developers."""
    if settings.DEBUG:
        return csrf.csrf_failure(request, reason)
    return render(request, "csrf_failure.html", status=403)
