"""The URLs of the development mailbox."""

from django.urls import path

from . import views

app_name = "mailbox"

urlpatterns = [
    path("", views.show_all, name="all"),
    path("clear/", views.clear, name="clear"),
    path("<slug:mail_id>/", views.show_mail, name="mail"),
    path("<slug:mail_id>/html/", views.show_html, name="html"),
]
