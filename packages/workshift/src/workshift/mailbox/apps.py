"""The app's configuration."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """The development mailbox: installed only with DEBUG, because anyone can read its pages."""

    name = "workshift.mailbox"
