"""The addresses of the tests' project."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def front_page(_request: HttpRequest) -> HttpResponse:
    """Answer with a page that needs nothing else, not even an icon."""
    return HttpResponse('<link rel="icon" href="data:,"><p>The site.')


urlpatterns = [
    path("", front_page),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("up/", include("workshift.health.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("dev/mailbox/", include("workshift.mailbox.urls")))
