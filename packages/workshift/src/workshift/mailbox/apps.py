"""How Django knows this app."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """The development mailbox: installed only with DEBUG, as its pages are for everyone to read."""

    name = "workshift.mailbox"
