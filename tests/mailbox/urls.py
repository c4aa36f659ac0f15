"""The addresses of the site as they are with DEBUG."""

from django.urls import include, path

from django_celery.urls import urlpatterns

urlpatterns = [*urlpatterns, path("dev/mailbox/", include("workshift.mailbox.urls"))]
