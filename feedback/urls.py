"""The app's URLs."""

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.write, name="write"),
    # A message's id cannot be guessed, so only its author knows the address.
    path("success/<uuid:pk>/", views.success, name="success"),
    path("success/<uuid:pk>/state/", views.state, name="state"),
    # Also without the slash: with DEBUG, Django responds to a POST there with an error.
    path("success/<uuid:pk>", views.success),
    path("success/<uuid:pk>/state", views.state),
]
