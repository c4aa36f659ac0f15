"""Which app answers which address."""

from inspect import unwrap

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views import defaults

from django_celery.views import favicon

urlpatterns = [
    path("admin/", admin.site.urls),
    # For programs that ask whether the site works: docs/operations.md.
    path("up/", include("workshift.health.urls")),
    # The language switch of the pages posts to Django's `set_language` here.
    path("i18n/", include("django.conf.urls.i18n")),
    path("favicon.ico", favicon),
    # The addresses of further apps come before this one.
    path("", include("feedback.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("dev/mailbox/", include("workshift.mailbox.urls")))

# Django's own pages, without the look into the body of the request that it puts before them:
# where the body is broken, the answer would be an error of ours.
handler400 = unwrap(defaults.bad_request)

handler403 = unwrap(defaults.permission_denied)

handler404 = unwrap(defaults.page_not_found)

handler500 = unwrap(defaults.server_error)
