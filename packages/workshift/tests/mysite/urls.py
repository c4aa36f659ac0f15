"""The addresses of the tests' project."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("dev/mailbox/", include("workshift.mailbox.urls")),
]
