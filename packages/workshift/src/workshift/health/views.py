"""The pages for programs: whoever balances, restarts or watches the site asks them."""

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..terminal import escape


def plain(text: str, status: int = 200) -> HttpResponse:
    """Return an answer of plain text; that it is not 200 is no error of the site."""
    response = HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)
    # Django would log an error for each time that somebody asks; the examinations say it once.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response


@require_safe
@never_cache
@transaction.non_atomic_requests
def process(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers, and look at nothing else."""
    return plain("up")


@require_safe
@never_cache
@transaction.non_atomic_requests
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether everything that the site needs is there: 200 or 503."""
    # Imported when it is asked for: a process starts without it.
    from .examinations import examine  # noqa: PLC0415

    found = examine()
    status = 503 if any(found.values()) else 200
    if not _may_see_details(request, found):
        return plain("not ready" if status == 503 else "ready", status)
    width = max(map(len, found))
    return plain(
        "\n".join(f"{name:<{width}}  {escape(found[name]) or 'ok'}" for name in found), status
    )


@require_safe
@never_cache
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """Return what Prometheus collects, for whoever has the token; without METRICS_TOKEN, nothing."""
    token = getattr(settings, "METRICS_TOKEN", "")
    if not token:
        return plain("off", 404)
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        response = plain("Send the token: Authorization: Bearer ...", 401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    from .metrics import REGISTRY  # noqa: PLC0415

    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _may_see_details(request: HttpRequest, found: dict[str, str]) -> bool:
    if settings.DEBUG:
        return True
    # Who somebody is stands in the database.
    user = None if found["database"] or found["migrations"] else getattr(request, "user", None)
    return bool(user and user.is_active and user.is_staff)
