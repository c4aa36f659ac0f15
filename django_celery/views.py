"""What belongs to no app: the icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Lead to the icon; browsers ask for it on pages that name none, such as the admin's."""
    return redirect(static("favicon.svg"))
