"""The addresses of the demo app."""

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.write, name="write"),
    path("success/", views.success, name="success"),
]
