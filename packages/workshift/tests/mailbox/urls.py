"""The addresses of the site as they are with DEBUG."""

from django.urls import include, path

from tests.mysite.urls import urlpatterns

urlpatterns = [*urlpatterns, path("dev/mailbox/", include("workshift.mailbox.urls"))]
