"""The addresses of the probes: include them as `up/`."""

from django.urls import path

from . import views

app_name = "health"

urlpatterns = [
    path("", views.process, name="process"),
    path("ready/", views.ready, name="ready"),
    path("metrics/", views.metrics, name="metrics"),
]
