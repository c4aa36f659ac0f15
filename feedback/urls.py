"""The addresses of the demo app."""

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.write, name="write"),
    # A message's id cannot be guessed, so whoever has the address is whoever wrote it.
    path("success/<uuid:pk>/", views.success, name="success"),
    path("success/<uuid:pk>/state/", views.state, name="state"),
    # Without the slash as well: with DEBUG, Django answers a POST there with an error.
    path("success/<uuid:pk>", views.success),
    path("success/<uuid:pk>/state", views.state),
]
