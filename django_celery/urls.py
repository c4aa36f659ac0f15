"""Which app answers which address."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    # The language switch of the pages posts to Django's `set_language` here.
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("feedback.urls")),
]
